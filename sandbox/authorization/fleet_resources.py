"""The resources that operations of Auto Scaling and Elastic Load Balancing are authorized for.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html"""

from __future__ import annotations

from typing import Any

from moto.backends import get_backend

from sandbox.model import ApiRequest, Caller

_ARNS = ("TargetGroupArn", "LoadBalancerArn", "ListenerArn", "RuleArn")


def autoscaling_resources(request: ApiRequest, caller: Caller) -> list[str]:
    """The group that is named, or that the instance is in. What describes has no permissions by resource."""
    if request.read_only:
        return ["*"]
    backend = get_backend("autoscaling")[caller.account][request.region]
    name = request.parameters.get("AutoScalingGroupName") or _group_of(backend, request.parameters.get("InstanceId"))
    if not name:
        return ["*"]
    group = backend.autoscaling_groups.get(name)
    unknown = f"arn:aws:autoscaling:{request.region}:{caller.account}:autoScalingGroup:*:autoScalingGroupName/{name}"
    return [str(group.arn) if group is not None else unknown]


def balancer_resources(request: ApiRequest, caller: Caller) -> list[str]:
    """The target group, load balancer, listener or rule that is named. What describes has no permissions by resource."""
    given = request.parameters
    if request.read_only:
        return ["*"]
    found = [str(given[name]) for name in _ARNS if given.get(name)]
    if request.service == "elb" and given.get("LoadBalancerName"):
        prefix = f"arn:aws:elasticloadbalancing:{request.region}:{caller.account}"
        found.append(f"{prefix}:loadbalancer/{given['LoadBalancerName']}")
    return found or ["*"]


def _group_of(backend: Any, instance_id: str | None) -> str | None:
    if not instance_id:
        return None
    groups = backend.autoscaling_groups.values()
    return next((one.name for one in groups for state in one.instance_states if state.instance.id == instance_id), None)
