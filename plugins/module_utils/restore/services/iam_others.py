# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What nothing undoes in IAM, STS and sign-in: instructions, and why some calls need none."""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry

KINDS = ()

_SESSION = (
    "It gives out a session that ends by itself, and changes nothing that lasts. The session is traced as one of the "
    "attacker's principals, and "
    "contained there."
)
_SIGN_IN = "It begins, or goes on with, a session of the console, which ends by itself and is contained with whom it belongs to."
_CERTIFICATE = (
    "The attacker changed a server certificate in IAM, which load balancers and distributions may use. Compare with "
    "what it should be, and put "
    "it right: aws iam list-server-certificates, aws iam upload-server-certificate, aws iam delete-server-certificate."
)
_ROOT_ACCESS = (
    "The attacker changed whether the organization manages root access of its accounts centrally. Compare with what it "
    "should be: "
    "aws iam list-organizations-features; put it right with aws iam {back}."
)
_DEVICE_TAGS = (
    "The attacker changed the tags of a device or certificate, on which access may rest. Look at them with "
    "aws iam {lists}, and put them right."
)


def _manual(operation: str, text: str, service: str = "iam") -> Entry:
    return Entry(service=service, operation=operation, manual=text)


def _harmless(service: str, *operations: str, why: str) -> tuple[Entry, ...]:
    return tuple(Entry(service=service, operation=operation, harmless=why) for operation in operations)


ENTRIES = (
    _manual(
        "CreateServiceLinkedRole",
        "A service-linked role was created. Only its service can use it, and nobody in the account can change it. Find "
        "out whether the service is "
        "wanted; if it is not, undo what the attacker began there, then: aws iam delete-service-linked-role "
        "--role-name ROLE.",
    ),
    _manual(
        "DeleteServiceLinkedRole",
        "A service-linked role was deleted, and its service may fail. Make it again: aws iam "
        "create-service-linked-role --aws-service-name SERVICE.",
    ),
    _manual(
        "SetSecurityTokenServicePreferences",
        "The version of the tokens of the global STS endpoint was changed; tokens of version 1 do not work in regions "
        "that have to be enabled. "
        "Put it back: aws iam set-security-token-service-preferences --global-endpoint-token-version v1Token or "
        "v2Token.",
    ),
    *(
        _manual(operation, _CERTIFICATE)
        for operation in ("UploadServerCertificate", "UpdateServerCertificate", "DeleteServerCertificate")
    ),
    *(
        _manual(f"{verb}{noun}", _DEVICE_TAGS.format(lists=lists))
        for noun, lists in (
            ("MFADevice", "list-mfa-device-tags --serial-number SERIAL"),
            ("ServerCertificate", "list-server-certificate-tags --server-certificate-name NAME"),
        )
        for verb in ("Tag", "Untag")
    ),
    *(
        _manual(f"{verb}Organizations{noun}", _ROOT_ACCESS.format(back=f"{back}-organizations-{word}"))
        for noun, word in (
            ("RootCredentialsManagement", "root-credentials-management"),
            ("RootSessions", "root-sessions"),
        )
        for verb, back in (("Enable", "disable"), ("Disable", "enable"))
    ),
    *_harmless(
        "iam",
        "GenerateCredentialReport",
        "GenerateOrganizationsAccessReport",
        "GenerateServiceLastAccessedDetails",
        why="It makes a report, and changes nothing else.",
    ),
    *_harmless(
        "sts",
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "AssumeRoot",
        "GetFederationToken",
        "GetSessionToken",
        why=_SESSION,
    ),
    *_harmless(
        "signin",
        "CheckMfa",
        "ConsoleLogin",
        "CredentialChallenge",
        "CredentialVerification",
        "ExitRole",
        "GetSigninToken",
        "Logout",
        "RenewRole",
        "SwitchRole",
        "UserAuthentication",
        why=_SIGN_IN,
    ),
    _manual(
        "PasswordRecoveryRequested",
        "Somebody asked for a new password of the account's root user, by its e-mail. Make sure that nobody else reads "
        "that mailbox, then sign in as "
        "root, change the password, look at its access keys and MFA devices, and remove what is not yours.",
        "signin",
    ),
    _manual(
        "PasswordRecoveryCompleted",
        "The password of the account's root user was set anew, by its e-mail. Secure that mailbox, recover the "
        "password again, and remove access keys "
        "and MFA devices of root that are not yours. If you cannot sign in any more, write to AWS Support.",
        "signin",
    ),
    *(
        _manual(
            operation,
            "Something of the account's root user was changed at sign-in: its password, e-mail or MFA. Sign in as "
            "root, put it right, and remove "
            "access keys and MFA devices that are not yours. If you cannot, write to AWS Support.",
            "signin",
        )
        for operation in ("PasswordUpdated", "EmailUpdated")
    ),
)
