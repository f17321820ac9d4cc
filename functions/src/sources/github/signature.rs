//! GitHub's signature: HMAC-SHA256 over the bytes of the body, in the header `X-Hub-Signature-256`.
//!
//! Source: GitHub documentation, "Validating webhook deliveries".

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::fmt::{self, Display, Formatter};

/// A signature as the header has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature([u8; 32]);

impl Signature {
    /// Reads the header: `sha256=` and 64 hexadecimal digits, lower case as GitHub writes them.
    pub fn parse(header: &str) -> Option<Self> {
        let digits = header.strip_prefix("sha256=")?;
        if digits.bytes().any(|digit| digit.is_ascii_uppercase()) {
            return None;
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The signature of a body, as GitHub makes it.
    pub fn of(body: &[u8], secret: &SecretString) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes());
        // HMAC takes keys of any length.
        Self(mac.map(|mac| mac.chain_update(body).finalize().into_bytes().into()).unwrap_or_default())
    }

    /// Whether a body was signed with one of the secrets. All are tried, each in constant time.
    pub fn verifies(&self, body: &[u8], secrets: &[SecretString]) -> bool {
        let matches = secrets.iter().map(|secret| {
            let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes());
            mac.is_ok_and(|mac| mac.chain_update(body).verify_slice(&self.0).is_ok())
        });
        matches.fold(false, |any, matches| any | matches)
    }
}

impl Display for Signature {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "sha256={}", hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GitHub's published example.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const DIGEST: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn check(header: &str, secrets: &[&str], expected: bool) {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
        let verified = Signature::parse(header).is_some_and(|signature| signature.verifies(BODY, &secrets));
        assert_eq!(verified, expected, "{header}");
    }

    #[test]
    fn signature_of_the_example() {
        assert_eq!(Signature::of(BODY, &SECRET.into()).to_string(), format!("sha256={DIGEST}"));
    }

    #[test]
    fn signatures() {
        check(&format!("sha256={DIGEST}"), &[SECRET], true);
        check(&format!("sha256={DIGEST}"), &["another"], false);
        check(&format!("sha256={DIGEST}"), &[], false);
        check(&format!("sha256={}", DIGEST.replace("757", "857")), &[SECRET], false);
        check(&format!("sha256={}", &DIGEST[..62]), &[SECRET], false);
        check(&format!("sha256={DIGEST}00"), &[SECRET], false);
        check(&format!("sha256={}", DIGEST.to_uppercase()), &[SECRET], false);
        check(&format!("SHA256={DIGEST}"), &[SECRET], false);
        check(&format!("sha256= {}", &DIGEST[1..]), &[SECRET], false);
        check(DIGEST, &[SECRET], false);
        check("sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59", &[SECRET], false);
        check("sha256=äöü", &[SECRET], false);
        check("", &[SECRET], false);
    }

    /// While a secret is replaced, the current and the previous one both hold.
    #[test]
    fn rotation() {
        check(&format!("sha256={DIGEST}"), &["new", SECRET], true);
        check(&format!("sha256={DIGEST}"), &[SECRET, "old"], true);
    }
}
