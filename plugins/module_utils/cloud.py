# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The only place that makes boto3 clients: account, region, role, retry, paging and the count of calls."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.cordon.aws.plugins.module_utils.aws_errors import explained, kind_of, remedy_for
from ansible_collections.cordon.aws.plugins.module_utils.errors import AwsError, InputError, LostAnswerError
from ansible_collections.cordon.aws.plugins.module_utils.pace import Pace
from ansible_collections.cordon.aws.plugins.module_utils.plan import Call, Json
from ansible_collections.cordon.aws.plugins.module_utils.service_files import read_quickly

try:
    import boto3
    import botocore.exceptions
    import botocore.parsers
    from botocore.config import Config
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
    from botocore.handlers import json_decode_policies
    from botocore.session import get_session
except ImportError:  # the module says so through missing_required_lib before it gets here
    pass

ATTEMPTS = 8
"""How often botocore's standard mode sends one call at most. Throttling at a rate of one in ten then fails one call in 10^8."""
THROTTLES_BORNE = 60
"""How often a call is asked again that AWS allows at a certain rate only, each time later: for some minutes in all."""
ATTEMPTS_AT_CONTENT = 4
"""How often an object is asked for whose bytes do not arrive: botocore repeats only what got no answer at all."""
_BROKEN_OFF = ("IncompleteReadError", "FlexibleChecksumError")
CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30
CONNECTIONS = 32
SESSION_NAME = "cordon-{random}"
"""Another one for each run: nobody can know it beforehand, and take it to look like the responder."""
# Requests a second in one account and region, of what allows so few that a run would be told to wait all the time:
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
_RATES: Mapping[tuple[str, str], int] = {("cloudtrail", "LookupEvents"): 2}
_GIVEN = "given"
"""In the place of an account: the credentials as they were given, before `assume_role_arn`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """How to reach AWS, as the module's options say. `credentials` are boto3.Session's own arguments."""

    region: str | None = None
    endpoint_url: str | None = None
    credentials: Mapping[str, Any] = field(default_factory=dict, repr=False)
    verify: bool | str | None = None
    config: Any = None
    """A botocore Config to merge over ours (amazon.aws's `aws_config`)."""
    assume_role_arn: str | None = None
    """Assumed first, from the given credentials."""
    assume_role_name: str = "OrganizationAccountAccessRole"
    """Assumed in every account other than the caller's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who the responder is: the answer of GetCallerIdentity."""

    account: str
    arn: str
    region: str = "us-east-1"
    """Where calls go that are about no region."""

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]


class Cloud:
    """Sends calls to AWS. One per run; safe to share between threads (clients are, sessions are not:
    https://boto3.amazonaws.com/v1/documentation/api/latest/guide/clients.html#multithreading-or-multiprocessing-with-clients).
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._session_name = SESSION_NAME.format(random=secrets.token_hex(4))
        self._lock = threading.RLock()
        """Held while something is built, never while AWS is waited for."""
        self._asking = threading.RLock()
        self._counting = threading.Lock()
        self._sessions: dict[str | None, Any] = {}
        self._clients: dict[tuple[str, str, str | None], Any] = {}
        self._caller: Caller | None = None
        self._writing = threading.local()
        self._pool = ThreadPoolExecutor(max_workers=CONNECTIONS)
        self.calls: Counter[str] = Counter()
        """Requests sent, retries included, by "service:Operation"."""
        self.achieved: set[str] = set()
        """What this run has brought about and no look at AWS can prove, as whoever did it names it."""

    def caller(self) -> Caller:
        """The identity everything starts from. Asked once."""
        if self._caller is not None:
            return self._caller
        with self._asking:
            if self._caller is None:
                self._caller = self._identity(None)
            return self._caller

    @property
    def home_region(self) -> str:
        """Where calls go that are about no region. Known before anything is asked."""
        return self._connection.region or "us-east-1"

    @property
    def role_name(self) -> str:
        """The role that is assumed in accounts other than the caller's, with its path."""
        return self._connection.assume_role_name

    def acts_as(self, account: str) -> frozenset[str]:
        """The ARN of the session that is the responder in another account; nothing in the caller's own."""
        caller = self.caller()
        if account == caller.account:
            return frozenset()
        role = self.role_name.rpartition("/")[2]
        return frozenset({f"arn:{caller.partition}:sts::{account}:assumed-role/{role}/{self._session_name}"})

    def identities(self) -> frozenset[str]:
        """The ARNs of everybody that the responder is: the caller, and whoever assumed the roles that it acts as, by
        `assume_role_arn` or in the profiles of the AWS configuration."""
        with self._asking:
            found = {self.caller().arn}
            if self._connection.assume_role_arn is not None:
                found.add(self._identity(_GIVEN).arn)
            return frozenset(found | {self._identity_of_profile(profile) for profile in self._source_profiles()})

    def _identity_of_profile(self, profile: str) -> str:
        call = self._ask_who()
        with self._translated(call):
            with self._lock:
                source = boto3.Session(region_name=self._connection.region, profile_name=profile)
                source.events.register("before-send", self._count)
                client = self._client_of(source, call.service, call.region)
            return str(self._send(client, call)["Arn"])

    def _source_profiles(self) -> list[str]:
        """The profiles, one behind the other, whose credentials assume the role of the profile in use.
        https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html"""
        with self._lock:
            session = self._session(None if self._connection.assume_role_arn is None else _GIVEN)
            credentials = session.get_credentials()
        if credentials is None or credentials.method != "assume-role":
            return []
        profiles, chain = session._session.full_config.get("profiles", {}), []
        name = profiles.get(session.profile_name, {}).get("source_profile")
        while name in profiles and name not in chain:
            chain.append(str(name))
            name = profiles[name].get("source_profile")
        return chain

    def _identity(self, account: str | None) -> Caller:
        call = self._ask_who()
        answer = self._send(self.client(call.service, call.region, account), call)
        return Caller(account=answer["Account"], arn=answer["Arn"], region=call.region)

    def _ask_who(self) -> Call:
        return Call(account="", region=self.home_region, service="sts", operation="GetCallerIdentity", parameters={})

    def read(self, call: Call) -> dict[str, Json]:
        """One answer to a call that changes nothing. What AWS allows only at a certain rate is asked again as it was, where somebody else
        has used that up."""
        for _attempt in range(THROTTLES_BORNE if (call.service, call.operation) in _RATES else 0):
            try:
                return self._send(self._client_for(call), call)
            except AwsError as error:
                if kind_of(error.code) != "Throttling":
                    raise
        return self._send(self._client_for(call), call)

    def pages(self, call: Call, key: str) -> list[Json]:
        """Everything under `key` over all pages of a listing call."""
        client = self._client_for(call)
        with self._translated(call):
            paginator = client.get_paginator(_method(client, call.operation))
            return [item for page in paginator.paginate(**call.parameters) for item in page.get(key, [])]

    def page_by_page(self, call: Call) -> Iterator[dict[str, Json]]:
        """The pages of a listing call, each asked for when it is wanted."""
        client = self._client_for(call)
        with self._translated(call):
            pages = iter(client.get_paginator(_method(client, call.operation)).paginate(**call.parameters))
        while True:
            with self._translated(call):
                page: dict[str, Json] | None = next(pages, None)
            if page is None:
                return
            yield page

    def content(self, call: Call, most: int) -> tuple[bytes, Mapping[str, str]]:
        """The bytes under `Body` of an answer, and the metadata that came with them. An answer that breaks off is asked for again. Raises
        AwsError, before they are received, for more bytes than `most`."""
        for _attempt in range(1, ATTEMPTS_AT_CONTENT):
            try:
                return self._content(call, most)
            except AwsError as error:
                if not isinstance(error, LostAnswerError) and error.code not in _BROKEN_OFF:
                    raise
        return self._content(call, most)

    def _content(self, call: Call, most: int) -> tuple[bytes, Mapping[str, str]]:
        client, tried = self._client_for(call), described(call)
        with self._translated(call):
            answer = getattr(client, _method(client, call.operation))(**call.parameters)
            with contextlib.closing(answer["Body"]) as body:
                size = int(answer.get("ContentLength") or 0)
                if size > most:
                    why = f"it has {size:,} bytes, and {most:,} are read at most"
                    raise AwsError(tried, why, "Look at it by hand.", code="EntityTooLarge")
                return body.read(), answer.get("Metadata") or {}

    def background(self, ask: Callable[[], Json]) -> Future[Json]:
        """`ask`, which waits for nothing but AWS, on a thread of its own."""
        return self._pool.submit(ask)

    def write(self, call: Call) -> str:
        """Make one change; returns its request id. Raises as `answer` does."""
        return str(self.answer(call).get("ResponseMetadata", {}).get("RequestId", ""))

    def answer(self, call: Call) -> dict[str, Json]:
        """Make one change; returns what AWS answers.

        Throttling and 5xx are retried by botocore. A broken connection is not: the change may have happened, so
        LostAnswerError leaves it to the caller to look.
        """
        client = self._client_for(call)
        self._writing.operation = call.operation
        try:
            return self._send(client, call)
        finally:
            self._writing.operation = None

    def client(self, service: str, region: str, account: str | None = None) -> Any:
        """A shared client with the credentials for `account`. None: the responder's own, whatever the account."""
        key = (service, region, account)
        if account not in (None, _GIVEN):
            self.caller()  # needed below, and asked before the lock is taken
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._build(service, region, account)
            return self._clients[key]

    def _client_for(self, call: Call) -> Any:
        is_own = call.account == "" or call.account == self.caller().account
        return self.client(call.service, call.region, None if is_own else call.account)

    def _build(self, service: str, region: str, account: str | None) -> Any:
        return self._client_of(self._session(account), service, region)

    def _client_of(self, session: Any, service: str, region: str) -> Any:
        config = Config(
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            max_pool_connections=CONNECTIONS,
            user_agent_extra="cordon",
        )
        if self._connection.config is not None:
            config = config.merge(self._connection.config)
        client = session.client(
            service,
            region_name=region,
            endpoint_url=self._connection.endpoint_url,
            verify=self._connection.verify,
            config=config,
        )
        # Policies are wanted as the text that was stored, not as botocore's reading of it.
        client.meta.events.unregister("after-call.iam", json_decode_policies)
        client.meta.events.register_first(
            f"needs-retry.{client.meta.service_model.service_id.hyphenize()}", self._no_blind_retry
        )
        for (rated, operation), rate in _RATES.items():
            if rated == service:
                _keep(client, f"{client.meta.service_model.service_id.hyphenize()}.{operation}", Pace(rate, 1.0))
        return client

    def _session(self, account: str | None) -> Any:
        if account not in self._sessions:
            self._sessions[account] = self._new_session(account)
        return self._sessions[account]

    def _new_session(self, account: str | None) -> Any:
        own_role = self._connection.assume_role_arn
        if account == _GIVEN or (account is None and own_role is None):
            return self._given_session()
        if account is None:
            return self._assuming(_GIVEN, str(own_role))
        role = f"arn:{self.caller().partition}:iam::{account}:role/{self._connection.assume_role_name}"
        return self._assuming(None, role)

    def _given_session(self) -> Any:
        try:
            session = boto3.Session(region_name=self._connection.region, **self._connection.credentials)
        except botocore.exceptions.BotoCoreError as error:
            raise InputError(
                "read the AWS credentials", str(error), "Set `profile` to one that `aws configure list-profiles` shows."
            ) from error
        session.events.register("before-send", self._count)
        read_quickly(session._session.get_component("data_loader"))
        return session

    def _assuming(self, source: str | None, role_arn: str) -> Any:
        """A session whose credentials are those of `role_arn`, refreshed by botocore for as long as the run takes.

        The client that refreshes is made here, under the lock: making clients in the threads of the run is not safe."""
        credentials, sts = self._session(source).get_credentials(), self.client("sts", self.home_region, source)
        if credentials is None:
            raise _no_credentials()
        fetcher = AssumeRoleCredentialFetcher(
            lambda *_service, **_arguments: sts,
            credentials,
            role_arn,
            extra_args={"RoleSessionName": self._session_name},
        )
        core: Any = get_session()
        # What is known of the services is read and parsed once for all sessions.
        core.register_component("data_loader", self._session(source)._session.get_component("data_loader"))
        core._credentials = DeferredRefreshableCredentials(
            method="assume-role", refresh_using=fetcher.fetch_credentials
        )
        session = boto3.Session(botocore_session=core, region_name=self.home_region)
        session.events.register("before-send", self._count)
        return session

    def _count(self, event_name: str, **_unused: Any) -> None:
        _before, service, operation = event_name.rsplit(".", 2)
        with self._counting:
            self.calls[f"{service}:{operation}"] += 1

    def _no_blind_retry(self, operation: Any, caught_exception: Exception | None = None, **_unused: Any) -> None:
        """Stops botocore from repeating a change whose answer was lost. A handler can only stop it by raising."""
        is_write = operation.name == getattr(self._writing, "operation", None)
        if caught_exception is not None and is_write and _may_have_happened(caught_exception):
            raise caught_exception

    def _send(self, client: Any, call: Call) -> dict[str, Json]:
        with self._translated(call):
            answer: dict[str, Json] = getattr(client, _method(client, call.operation))(**call.parameters)
            return answer

    @contextmanager
    def _translated(self, call: Call) -> Iterator[None]:
        tried = described(call)
        try:
            yield
        except botocore.exceptions.ClientError as error:
            raise self._aws_error(error, call) from error
        except (botocore.exceptions.NoCredentialsError, botocore.exceptions.PartialCredentialsError) as error:
            raise _no_credentials() from error
        except botocore.exceptions.BotoCoreError as error:
            code = type(error).__name__
            kind = LostAnswerError if _may_have_happened(error) else AwsError
            raise kind(tried, explained(code, str(error)), remedy_for(code, tried), code=code) from error
        except botocore.parsers.ResponseParserError as error:
            # None of botocore's family. AWS did answer, so the call may have happened: XML cannot carry all that a name or a tag may hold.
            code = type(error).__name__
            why = "the answer cannot be read"
            raise LostAnswerError(tried, explained(code, why), remedy_for(code, tried), code=code) from error

    def _aws_error(self, error: Any, call: Call) -> AwsError:
        details, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        code = str(details.get("Code", "Unknown"))
        if error.operation_name == "AssumeRole" != call.operation:
            role = self._connection.assume_role_arn if call.account == "" else self._connection.assume_role_name
            tried = f"assume role {role}{f' in account {call.account}' if call.account else ''} to {described(call)}"
            remedy = remedy_for("AssumeRole" if kind_of(code) == "AccessDenied" else code, "sts:AssumeRole")
        else:
            tried, remedy = described(call), remedy_for(code, f"{call.service}:{call.operation}")
        return AwsError(
            tried,
            explained(code, str(details.get("Message", ""))),
            remedy,
            code=code,
            request_id=str(metadata.get("RequestId", "")),
            # An answer of 5xx, also to an earlier attempt, says nothing of whether the change was made.
            may_have_happened=metadata.get("HTTPStatusCode", 0) >= 500 or metadata.get("RetryAttempts", 0) > 0,
        )


def known_regions() -> frozenset[str]:
    """The regions that the installed botocore knows of, out of its own files: nothing is asked."""
    session = _asking_nothing()
    partitions = session.get_available_partitions()
    return frozenset(region for name in partitions for region in session.get_available_regions("ec2", name))


def known_parameters(service: str, operation: str) -> frozenset[str]:
    """What the installed botocore knows that an operation takes."""
    shape = _asking_nothing().get_service_model(service).operation_model(operation).input_shape
    return frozenset(shape.members if shape else ())


def _asking_nothing() -> Any:
    session: Any = get_session()
    read_quickly(session.get_component("data_loader"))
    return session


def described(call: Call) -> str:
    """A call for people: operation, what it names, account."""
    names = ", ".join(
        f"{name}={value}"
        for name, value in call.parameters.items()
        if isinstance(value, str) and len(value) <= 200 and "Document" not in name
    )
    where = f" in account {call.account}" if call.account else ""
    return f"call {call.service}:{call.operation}{f' ({names})' if names else ''}{where}"


def _keep(client: Any, operation: str, pace: Pace) -> None:
    """Let each attempt at `operation` wait for its turn; before it is signed, so that the signature is fresh when it is sent."""

    def begin(**_unused: Any) -> None:
        pace.begin()

    def end(response: Any = None, **_unused: Any) -> None:
        code = response[1].get("Error", {}).get("Code", "") if response is not None else ""
        throttled = kind_of(code) == "Throttling"
        pace.end(throttled=throttled)
        if throttled:  # the pace tells when to ask again, not botocore
            raise botocore.exceptions.ClientError(response[1], operation.rpartition(".")[2])

    client.meta.events.register_first(f"request-created.{operation}", begin)
    client.meta.events.register_first(f"needs-retry.{operation}", end)


def _method(client: Any, operation: str) -> str:
    """boto3's method name for an API operation, from the client's own table."""
    for method, name in client.meta.method_to_api_mapping.items():
        if name == operation:
            return str(method)
    raise InputError(f"call {operation}", "the API has no such operation", "Update boto3.")


def _may_have_happened(error: BaseException) -> bool:
    """Whether the request may have reached AWS before `error` (as opposed to: no connection was made)."""
    never_sent = (
        botocore.exceptions.ConnectTimeoutError,
        botocore.exceptions.EndpointConnectionError,
        botocore.exceptions.ProxyConnectionError,
        botocore.exceptions.SSLError,
    )
    return isinstance(error, botocore.exceptions.HTTPClientError) and not isinstance(error, never_sent)


def _no_credentials() -> InputError:
    return InputError(
        "sign requests to AWS",
        "no credentials were found",
        "Set `profile`, or AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and try again.",
    )
