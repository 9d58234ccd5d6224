"""Faults of moto 5.2 in security groups, Auto Scaling and load balancers, each worked around by one function; `apply` does them all,
once."""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Mend moto in this process."""
    let_members_of_default_groups_in()
    register_each_port_of_a_target()
    leave_members_where_they_were_put()
    take_no_grace_period_for_none()


def let_members_of_default_groups_in() -> None:
    """A VPC's default group lets in what comes from its own members; moto's lets nothing in:
    https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html"""
    from moto.ec2.models.security_groups import SecurityGroupBackend

    make = SecurityGroupBackend.create_security_group

    def make_with_rule(self: Any, *arguments: Any, **more: Any) -> Any:
        group = make(self, *arguments, **more)
        if group.is_default and not group.ingress_rules:
            own = [{"GroupId": group.id}]
            self.authorize_security_group_ingress(
                group.id, "-1", None, None, [], source_groups=own, vpc_id=group.vpc_id
            )
        return group

    SecurityGroupBackend.create_security_group = make_with_rule  # type: ignore[method-assign]


def register_each_port_of_a_target() -> None:
    """moto keeps one port of a target, also where its own Auto Scaling and EC2 register and deregister."""
    from moto.elbv2.models import FakeTargetGroup

    from sandbox.load_balancing import registrations

    FakeTargetGroup.register = registrations.register  # type: ignore[method-assign, assignment]
    FakeTargetGroup.deregister = registrations.deregister  # type: ignore[method-assign, assignment]
    FakeTargetGroup.deregister_terminated_instances = registrations.end  # type: ignore[method-assign, assignment]


def leave_members_where_they_were_put() -> None:
    """moto registers standby members, and those that were taken out by hand, again whenever it looks."""
    from moto.autoscaling.models import AutoScalingBackend

    from sandbox.autoscaling import members

    def update(self: Any, group_name: str) -> None:
        members.add_to_balancers(self.autoscaling_groups[group_name])

    AutoScalingBackend.update_attached_elbs = update  # type: ignore[method-assign]
    AutoScalingBackend.update_attached_target_groups = update  # type: ignore[method-assign]


def take_no_grace_period_for_none() -> None:
    """moto takes no grace period for 300 seconds, AWS for 0:
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html"""
    from moto.autoscaling.models import AutoScalingBackend

    create = AutoScalingBackend.create_auto_scaling_group

    def create_with_its_grace(self: Any, **given: Any) -> Any:
        group = create(self, **given)
        group.health_check_grace_period = int(given.get("health_check_period") or 0)
        return group

    AutoScalingBackend.create_auto_scaling_group = create_with_its_grace  # type: ignore[method-assign, assignment]
