"""A fault of moto's volumes that matters here: it does not know where a volume is that is to be detached."""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Called by `upstream.apply`."""
    find_the_instance_of_a_volume()


def find_the_instance_of_a_volume() -> None:
    """Only a volume that is attached to several instances needs one to be named:
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachVolume.html"""
    from moto.ec2.models.elastic_block_store import EBSBackend

    detach = EBSBackend.detach_volume

    def detached(self: Any, volume_id: str, instance_id: str | None, device_path: str) -> Any:
        attachment = self.get_volume(volume_id).attachment
        return detach(self, volume_id, instance_id or (attachment and attachment.instance.id), device_path)

    EBSBackend.detach_volume = detached  # type: ignore[method-assign]
