# Certificates and kubeconfigs: one authority, a certificate for each component.
# shellcheck shell=bash

EC_KEY=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)

make_authority() {
    local pki=$STATE/pki
    printf '[req]\ndistinguished_name = dn\n[dn]\n' >"$pki/openssl.cnf"
    openssl req -x509 "${EC_KEY[@]}" -config "$pki/openssl.cnf" -days 30 -subj /CN=hearth-test-cluster \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout "$pki/ca.key" -out "$pki/ca.crt" 2>/dev/null
    openssl genrsa -out "$pki/service-accounts.key" 2048 2>/dev/null
    openssl rsa -in "$pki/service-accounts.key" -pubout -out "$pki/service-accounts.pub" 2>/dev/null
}

# make_certificate NAME SUBJECT ALTERNATIVE_NAMES: pki/NAME.key and pki/NAME.crt, for server and client.
make_certificate() {
    local file=$STATE/pki/$1 ca=$STATE/pki/ca
    openssl req "${EC_KEY[@]}" -config "$STATE/pki/openssl.cnf" -subj "$2" \
        -keyout "$file.key" -out "$file.csr" 2>/dev/null
    printf 'subjectAltName = %s\nextendedKeyUsage = serverAuth, clientAuth\n' "$3" >"$file.ext"
    openssl x509 -req -in "$file.csr" -CA "$ca.crt" -CAkey "$ca.key" -CAcreateserial -days 30 \
        -extfile "$file.ext" -out "$file.crt" 2>/dev/null
    rm "$file.csr" "$file.ext"
}

# make_kubeconfig NAME: NAME.kubeconfig, for the holder of the certificate NAME.
make_kubeconfig() {
    local pki=$STATE/pki
    cat >"$STATE/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
current-context: hearth-test
contexts:
  - {name: hearth-test, context: {cluster: hearth-test, user: $1}}
clusters:
  - name: hearth-test
    cluster:
      server: https://$HOST_ADDRESS:6443
      certificate-authority-data: $(base64 -w0 "$pki/ca.crt")
users:
  - name: $1
    user:
      client-certificate-data: $(base64 -w0 "$pki/$1.crt")
      client-key-data: $(base64 -w0 "$pki/$1.key")
YAML
}
