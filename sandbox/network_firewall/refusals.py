"""How Network Firewall refuses.
https://docs.aws.amazon.com/network-firewall/latest/APIReference/CommonErrors.html"""

from __future__ import annotations

from sandbox.errors import ApiError


def invalid(message: str) -> ApiError:
    """Network Firewall's word for a request that it cannot carry out."""
    return ApiError("InvalidRequestException", message)


def not_found(message: str) -> ApiError:
    """Network Firewall's word for what is not there."""
    return ApiError("ResourceNotFoundException", message)
