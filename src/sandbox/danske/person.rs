//! The people who can sign in. None of them lives: their codes have numbers that are given to nobody.

use serde_json::{Map, Value};

use super::hetu::hetu;

pub(super) struct Person {
    first_names: &'static str,
    family_name: &'static str,
    born: (u16, u8, u8),
    number: u16,
}

pub(super) const PEOPLE: &[Person] = &[
    Person { first_names: "Maija Malli", family_name: "Meikäläinen", born: (1972, 2, 29), number: 901 },
    Person { first_names: "Matti Esimerkki", family_name: "Mallikas", born: (1949, 12, 6), number: 912 },
    Person { first_names: "Åsa Testia", family_name: "Exempelström", born: (2004, 6, 24), number: 923 },
];

impl Person {
    pub fn name(&self) -> String {
        format!("{} {}", self.first_names, self.family_name)
    }

    pub fn hetu(&self) -> String {
        hetu(self.born, self.number)
    }

    /// The claims of the scope `ftn_hetu`, named as in the Finnish Trust Network; `wrong`: the code does not check.
    pub fn claims(&self, wrong: bool) -> Map<String, Value> {
        let (year, month, day) = self.born;
        let mut hetu = self.hetu();
        if wrong {
            let control = if hetu.ends_with('0') { '1' } else { '0' };
            hetu.replace_range(10.., &control.to_string());
        }
        Map::from_iter([
            ("urn:oid:1.2.246.21".to_owned(), hetu.into()),
            ("urn:oid:2.5.4.4".to_owned(), self.family_name.into()),
            ("urn:oid:1.2.246.575.1.14".to_owned(), self.first_names.into()),
            ("urn:oid:1.3.6.1.5.5.7.9.1".to_owned(), format!("{year}-{month:02}-{day:02}").into()),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_alive_has_one_of_the_codes() {
        for person in PEOPLE {
            let hetu = person.hetu();
            assert!(person.number >= 900 && hetu.len() == 11, "{hetu}");
            assert!(hetu[..6].bytes().all(|b| b.is_ascii_digit()) && hetu[7..10].starts_with('9'), "{hetu}");
        }
    }
}
