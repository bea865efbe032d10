//! `organizationIdentifier`, taken apart (ETSI EN 319 412-1 §5.1.4; for payment services TS 119 495 §5.2.1).

/// `PSDNO-FSA-987654321`: what kind of number, of which country, by which authority, and the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationId {
    /// `PSD`, `NTR`, `VAT`, `LEI`, or two characters and a colon for a national one.
    pub scheme: String,
    /// ISO 3166-1, two letters; `XG` for LEI.
    pub country: String,
    /// The competent authority, two to eight letters; for `PSD` alone.
    pub authority: Option<String>,
    pub id: String,
}

impl OrganizationId {
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (head, rest) = text.split_once('-').ok_or("a hyphen is due after scheme and country")?;
        let head: Vec<char> = head.chars().collect();
        let [a, b, c, x, y] = head[..] else { return Err("three characters of scheme and two of country are due") };
        let scheme: String = [a, b, c].iter().collect();
        let national = c == ':' && a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric();
        if !national && !scheme.chars().all(|c| c.is_ascii_uppercase()) {
            return Err("the scheme is three capital letters, or two characters and a colon");
        }
        let country: String = [x, y].iter().collect();
        if !country.chars().all(|c| c.is_ascii_uppercase()) {
            return Err("the country is two capital letters (ISO 3166-1)");
        }
        let (authority, id) = if scheme == "PSD" {
            let (authority, id) = rest.split_once('-').ok_or("a hyphen is due between authority and number")?;
            if !(2..=8).contains(&authority.len()) || !authority.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err("the authority is two to eight capital letters");
            }
            (Some(authority.to_owned()), id)
        } else {
            (None, rest)
        };
        if id.is_empty() || id.chars().any(char::is_control) {
            return Err("the number is missing");
        }
        Ok(Self { scheme, country, authority, id: id.to_owned() })
    }

    /// As the PSD2 statement spells the authority: `NO-FSA` (TS 119 495 §5.2.3).
    pub fn authority_id(&self) -> Option<String> {
        self.authority.as_ref().map(|a| format!("{}-{a}", self.country))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_told_apart() {
        let psd = OrganizationId::parse("PSDNO-FSA-987-654").unwrap();
        assert_eq!((psd.scheme.as_str(), psd.country.as_str(), psd.id.as_str()), ("PSD", "NO", "987-654"));
        assert_eq!(psd.authority_id().as_deref(), Some("NO-FSA"));
        let ntr = OrganizationId::parse("NTRNO-987654321").unwrap();
        assert_eq!((ntr.authority_id(), ntr.id.as_str()), (None, "987654321"));
        assert_eq!(OrganizationId::parse("EI:SE-5567971433").unwrap().scheme, "EI:");
        for bad in [
            "",
            "PSD",
            "PSDNO",
            "PSDNO-FSA",
            "PSDNO-FSA-",
            "PSDno-FSA-1",
            "PSDNO-F-1",
            "PSDNO-FSAFSAFSA-1",
            "psdNO-FSA-1",
            "PSDÅ-FSA-1",
            "PSDNO-F1-1",
            "VATDE-",
        ] {
            assert!(OrganizationId::parse(bad).is_err(), "{bad}");
        }
    }
}
