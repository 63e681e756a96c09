//! CertificateApproval, CertificateSigning, CertificateSubjectRestriction: whoever approves or signs
//! needs the permission for the signer, and nobody gets a certificate of the masters' group.
//!
//! Source: Kubernetes documentation, "Certificates and Certificate Signing Requests".

use api::Value;
use base64::Engine as _;
use meta::Status;

use crate::authz::Attributes;
use crate::path::Call;
use crate::user::MASTERS;

const GROUP: &str = "certificates.k8s.io";
const CLIENT_SIGNER: &str = "kubernetes.io/kube-apiserver-client";

/// Whoever approves must be allowed to `approve` for the signer.
pub(super) fn approval(call: &Call<'_>, object: Option<&Value>, old: Option<&Value>) -> Result<(), Status> {
    let (Some(_), Some(old)) = (object, old) else { return Ok(()) };
    if !is_about(call, "approval") {
        return Ok(());
    }
    permit(call, "approve", old)
}

/// Whoever sets the certificate or the conditions must be allowed to `sign` for the signer.
pub(super) fn signing(call: &Call<'_>, object: Option<&Value>, old: Option<&Value>) -> Result<(), Status> {
    let (Some(object), Some(old)) = (object, old) else { return Ok(()) };
    let same =
        ["certificate", "conditions"].iter().all(|field| object["status"][*field] == old["status"][*field]);
    if same || !is_about(call, "status") {
        return Ok(());
    }
    permit(call, "sign", old)
}

/// No client certificate makes its holder a master.
pub(super) fn subject(call: &Call<'_>, object: Option<&Value>, old: Option<&Value>) -> Result<(), Status> {
    let Some(object) = object.filter(|_| old.is_none() && is_about(call, "")) else { return Ok(()) };
    check_subject(&object["spec"]).map_err(|why| super::forbidden(call, &why))
}

fn check_subject(spec: &Value) -> Result<(), String> {
    if spec["signerName"].as_str() != Some(CLIENT_SIGNER) {
        return Ok(());
    }
    let failed = |why: &dyn std::fmt::Display| format!("failed to parse CSR: {why}");
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(spec["request"].str_or_empty())
        .map_err(|error| failed(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| failed(&error))?;
    let csr = pki::Csr::from_pem(&text).map_err(|error| failed(&error))?;
    if csr.subject.organizations.iter().any(|group| group == MASTERS) {
        return Err(format!("use of {CLIENT_SIGNER} signer with {MASTERS} group is not allowed"));
    }
    Ok(())
}

fn is_about(call: &Call<'_>, subresource: &str) -> bool {
    let target = &call.target;
    (target.resource.group, target.resource.name) == (GROUP, "certificatesigningrequests")
        && target.subresource == subresource
}

/// The permission is asked for the signer as it was: a request cannot change it on the way.
fn permit(call: &Call<'_>, verb: &str, old: &Value) -> Result<(), Status> {
    let signer = old["spec"]["signerName"].str_or_empty();
    let (domain, _) = signer.split_once('/').unwrap_or((signer, ""));
    let allowed = [signer.to_owned(), format!("{domain}/*")].into_iter().any(|name| {
        let attributes = Attributes {
            verb: verb.to_owned(),
            group: GROUP.to_owned(),
            resource: "signers".to_owned(),
            name,
            ..Attributes::default()
        };
        call.server.is_allowed(call.user, &attributes)
    });
    if allowed {
        return Ok(());
    }
    Err(super::forbidden(call, &format!("user not permitted to {verb} requests with signerName {signer:?}")))
}

#[cfg(test)]
mod tests {
    use api::value;

    use super::*;

    fn request(groups: &[&str]) -> String {
        let key = pki::KeyPair::generate().expect("keys can be made");
        let subject = pki::Subject {
            common_name: "jane".to_owned(),
            organizations: groups.iter().map(|group| (*group).to_owned()).collect(),
        };
        let pem = pki::create_csr(&subject, &pki::SubjectAltNames::default(), &key).expect("a request");
        base64::engine::general_purpose::STANDARD.encode(pem)
    }

    #[test]
    fn nobody_becomes_a_master_by_certificate() {
        let check = |signer: &str, request: String| {
            check_subject(&value!({"signerName": signer, "request": request}))
        };
        assert_eq!(check(CLIENT_SIGNER, request(&["developers"])), Ok(()));
        assert_eq!(
            check(CLIENT_SIGNER, request(&["developers", MASTERS])).expect_err("that is too much"),
            "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed"
        );
        assert_eq!(check("example.com/other", request(&[MASTERS])), Ok(()));
        let broken = check(CLIENT_SIGNER, "bm8=".to_owned()).expect_err("no request");
        assert!(broken.starts_with("failed to parse CSR: "), "{broken}");
    }
}
