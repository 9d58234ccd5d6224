# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What else changes KMS: what cannot be put back by a call, and what leaves nothing behind.
https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html"""

from __future__ import annotations

from ansible_collections.cordon.aws.plugins.module_utils.restore.entry import Entry
from ansible_collections.cordon.aws.plugins.module_utils.restore.facet import Kind

_STORE = "Look at the state of the key store and of the keys in it: aws kms describe-custom-key-stores; then {}."
_TAGS = "Look at the tags of the key, on which policies may depend: aws kms list-resource-tags; and set them right."
_MANUAL = {
    "DeleteImportedKeyMaterial": "Without its key material the key cannot be used. Import the same material again: aws kms "
    "get-parameters-for-import, then aws kms import-key-material. KMS takes no other for this key.",
    "ImportKeyMaterial": "Look at who imported what into the key: aws kms describe-key. Material that expires makes the key useless then: "
    "import it again without an expiration. If the attacker holds the material, data under this key must be encrypted anew under another.",
    "ReplicateKey": "A replica of the key was made in another region. Look at its policy there, disable it, and schedule its deletion: aws "
    "kms describe-key, aws kms disable-key, aws kms schedule-key-deletion.",
    "UpdatePrimaryRegion": "The primary of a multi-Region key was moved. Move it back: aws kms update-primary-region.",
    "UpdateKeyDescription": "Look at the key's description, and set it right: aws kms update-key-description.",
    "TagResource": _TAGS,
    "UntagResource": _TAGS,
    "CreateCustomKeyStore": _STORE.format("disconnect and delete it, if it is the attacker's"),
    "DeleteCustomKeyStore": _STORE.format("create it again, if it is missing"),
    "ConnectCustomKeyStore": _STORE.format("disconnect it, if it was not connected before"),
    "DisconnectCustomKeyStore": _STORE.format("connect it: aws kms connect-custom-key-store"),
    "UpdateCustomKeyStore": _STORE.format("set it right: aws kms update-custom-key-store"),
}
_HARMLESS = {
    **dict.fromkeys(
        (
            "Encrypt",
            "Decrypt",
            "ReEncrypt",
            "GenerateDataKey",
            "GenerateDataKeyWithoutPlaintext",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
            "GenerateMac",
            "GenerateRandom",
            "DeriveSharedSecret",
            "Sign",
            "Verify",
            "VerifyMac",
        ),
        "It uses a key, and changes nothing that KMS keeps.",
    ),
    "RotateKeyOnDemand": "The key has new material, and decrypts with the old as before.",
    "RotateKey": "AWS rotated the key by itself.",
}
KINDS: tuple[Kind, ...] = ()
ENTRIES = (
    *(Entry(service="kms", operation=operation, manual=text) for operation, text in _MANUAL.items()),
    *(Entry(service="kms", operation=operation, harmless=text) for operation, text in _HARMLESS.items()),
)
