# Sourced in a scratch folder: makes an authority, ca.pem, and what is certified by it. NAME.key is a key, NAME.crt its
# certificate, NAME.pem both with the authority.
rsa=(RSA -pkeyopt rsa_keygen_bits:2048)
ec=(EC -pkeyopt ec_paramgen_curve:P-256)
server=(subjectAltName=DNS:localhost,IP:127.0.0.1 extendedKeyUsage=serverAuth basicConstraints=CA:FALSE)
client=(keyUsage=critical,digitalSignature extendedKeyUsage=clientAuth basicConstraints=CA:FALSE)

# key FILE ALGORITHM...
key() {
    openssl genpkey -quiet -algorithm "${@:2}" -out "$1"
}

# authority NAME SUBJECT
authority() {
    key "$1.key" "${ec[@]}"
    openssl req -x509 -key "$1.key" -days 60 -subj "$2" -out "$1.pem"
}

# issue NAME SUBJECT AUTHORITY EXTENSION...; `days` may say for how long
issue() {
    openssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -days "${days:-60}" -out "$1.crt" \
        -extfile <(printf '%s\n' "${@:4}") 2>/dev/null
    cat "$1.key" "$1.crt" "$3.pem" >"$1.pem"
}
