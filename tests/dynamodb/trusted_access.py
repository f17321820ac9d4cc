"""Trusted access of StackSets to an organisation, which moto lacks: there, service-managed StackSets need none.

CloudFormation keeps it apart from the service access that Organizations lists: whoever enables only that one is refused all
the same. Source: AWS CloudFormation user guide, "Activate trusted access for StackSets with AWS Organizations"; the message is
that of AWS's API.
"""

from moto.cloudformation import urls
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult

ACTIVATED = set()


class StackSets(CloudFormationResponse):
    """CloudFormation, as moto has it, with trusted access."""

    def activate_organizations_access(self):
        ACTIVATED.add(self.current_account)
        return EmptyResult()

    def describe_organizations_access(self):
        return ActionResult({"Status": "ENABLED" if self.current_account in ACTIVATED else "DISABLED"})

    def create_stack_set(self):
        is_service_managed = self._get_param("PermissionModel") == "SERVICE_MANAGED"
        if is_service_managed and self.current_account not in ACTIVATED:
            raise ValidationError(message="You must enable organizations access to operate a service managed stack set")
        return super().create_stack_set()


def install():
    """Lets moto's server answer so."""
    urls.url_paths["{0}/$"] = StackSets.dispatch
