"""The instances of Classic Load Balancers: registering and deregistering them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from sandbox.errors import ApiError
from sandbox.model import ApiRequest, Caller

if TYPE_CHECKING:
    from sandbox.world import World


def add(balancer: Any, instance_id: str) -> None:
    if instance_id not in balancer.instance_ids:
        balancer.instance_sparse_ids = [*balancer.instance_sparse_ids, instance_id]


def remove(balancer: Any, instance_id: str) -> None:
    balancer.instance_sparse_ids = [one for one in balancer.instance_sparse_ids if one != instance_id]
    balancer.instance_autoscaling_ids = [one for one in balancer.instance_autoscaling_ids if one != instance_id]


def register(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_RegisterInstancesWithLoadBalancer.html"""
    balancer = _balancer(request, caller)
    ids = _instances(request, caller)
    for instance_id in ids:
        add(balancer, instance_id)
    return {"Instances": balancer.instances}


def deregister(_world: World, request: ApiRequest, caller: Caller) -> dict[str, Any]:
    """https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DeregisterInstancesFromLoadBalancer.html"""
    balancer = _balancer(request, caller)
    for instance_id in _instances(request, caller):
        remove(balancer, instance_id)
    return {"Instances": balancer.instances}


def _balancer(request: ApiRequest, caller: Caller) -> Any:
    name = str(request.parameters["LoadBalancerName"])
    found = get_backend("elb")[caller.account][request.region].load_balancers.get(name)
    if found is None:
        raise ApiError("LoadBalancerNotFound", f"There is no ACTIVE Load Balancer named '{name}'")
    return found


def _instances(request: ApiRequest, caller: Caller) -> list[str]:
    ec2 = get_backend("ec2")[caller.account][request.region]
    ids = [str(one["InstanceId"]) for one in request.parameters["Instances"]]
    for instance_id in ids:
        if ec2.get_instance_by_id(instance_id) is None:
            raise ApiError("InvalidInstance", f"Could not find EC2 instance {instance_id}.")
    return ids


HANDLERS = {
    ("elb", "RegisterInstancesWithLoadBalancer"): register,
    ("elb", "DeregisterInstancesFromLoadBalancer"): deregister,
}
