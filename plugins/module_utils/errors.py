# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one family of errors: each says what was tried, on what, why not, and what to do.

CordonError
├── InputError            an option, a finding or a case id is not what it must be; nothing was sent
├── RefusedError          the request is understood and too dangerous to carry out as it stands
│   ├── ElsewhereError    a target in an account that this run is not for
│   ├── ProtectedError    a target that must never be cut off, the responder among them
│   ├── ApprovalError     the plan is not the one that was approved
│   └── ClosedCaseError   the case takes no more entries
├── QuotaError            AWS has too little room for what the plan needs
├── DriftError            somebody else has changed what we left; nothing was touched
├── AwsError              AWS answered with an error
│   └── LostAnswerError   a call that may have happened got no answer
├── StoreError            the case log cannot be read or written
└── IntegrityError        the case log is not what was written
"""

from __future__ import annotations

from collections.abc import Iterable


class CordonError(Exception):
    """Base of the family. Its text reads "Cannot <tried>: <why>. <remedy>".

    `tried` is an imperative with its target ("deny user/alice"), `why` a clause without a full stop, `remedy` whole sentences.
    """

    def __init__(self, tried: str, why: str, remedy: str) -> None:
        self.tried, self.why, self.remedy = tried, why, remedy
        super().__init__(f"Cannot {tried}: {why}. {remedy}")


class InputError(CordonError):
    """What was handed in is not what it must be. Raised before the first call to AWS."""

    @classmethod
    def together(cls, faults: Iterable[InputError]) -> InputError:
        """One error for all `faults` (at least one), so that an operator mends them in one go."""
        found = list(faults)
        if len(found) == 1:
            return found[0]
        listed = "; ".join(f"{fault.tried}: {fault.why}. {fault.remedy}" for fault in found)
        return cls(f"start with {len(found)} wrong inputs", listed.rstrip("."), "Nothing was changed.")


class RefusedError(CordonError):
    """Refused by a safeguard before the first write."""


class ElsewhereError(RefusedError):
    """The target is in an account that this run is not for."""


class ProtectedError(RefusedError):
    """The target is one that must keep working."""


class ApprovalError(RefusedError):
    """The plan that would run is not the approved one."""


class ClosedCaseError(RefusedError):
    """The case has been closed or sealed."""


class QuotaError(CordonError):
    """Too little room at AWS; the text names the number needed, the number free and the way out."""


class DriftError(CordonError):
    """The live state is neither what we found nor what we left."""


class AwsError(CordonError):
    """AWS refused or failed a call. `code` is AWS's error code, `request_id` what AWS support asks for.

    `may_have_happened`: the call may have taken effect all the same, as with an error of AWS's own."""

    def __init__(
        self, tried: str, why: str, remedy: str, *, code: str, request_id: str = "", may_have_happened: bool = False
    ) -> None:
        super().__init__(tried, why, remedy)
        self.code, self.request_id, self.may_have_happened = code, request_id, may_have_happened


class LostAnswerError(AwsError):
    """The connection broke after the request may have been sent: whether it took effect is unknown until looked at."""

    def __init__(self, tried: str, why: str, remedy: str, *, code: str) -> None:
        super().__init__(tried, why, remedy, code=code, may_have_happened=True)


class StoreError(CordonError):
    """The place where the case log lives cannot be used."""


class IntegrityError(CordonError):
    """An entry of the case log has been altered, is missing or cannot be read."""
