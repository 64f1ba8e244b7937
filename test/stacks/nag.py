"""The AwsSolutions rules of cdk-nag as a validation plugin that knows exact, reasoned suppressions and marks their use.

Accounts, regions, environments and the hashes of logical ids are left out of places and findings, so that one
suppression is exact and holds for all environments.
"""
from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import aws_cdk as cdk
import jsii
from cdk_nag import AwsSolutionsChecks

ENVIRONMENTS = '(Dev|Test|Prod|dev|test|prod)'
REDUCTIONS = (
    (rf'{ENVIRONMENTS}-InsuranceLakeEtlPipeline/{ENVIRONMENTS}/InsuranceLakeEtl', ''),
    (rf'{ENVIRONMENTS}-InsuranceLakeEtlPipeline/Pipeline/', 'Pipeline/'),
    (rf'{ENVIRONMENTS}-InsuranceLakeEtl\w+:ExportsOutput(?:FnGetAtt|Ref)(\w+?)[0-9A-F]{{8}}\w*?(?=/|\]|$)', r'<\2>'),
    (r'<(\w+?)[0-9A-F]{8}(?:\.Arn)?>', r'<\1>'),
    (r'arn:aws:s3:::Test(\w+)Name/', r'<\1>/'),
    (rf'arn:aws:s3:::{ENVIRONMENTS}-insurancelakeetlpipe\w+', '<ReplicationBucket>'),
    (rf'{ENVIRONMENTS}-insurancelake', 'ENVIRONMENT-PREFIX'),
    (r'\b\d{12}\b', 'ACCOUNT'),
    (r'\b[a-z]{2}-[a-z]+-\d\b', 'REGION'),
)


@dataclass(frozen=True)
class Finding:
    """What a rule finds at a construct, both without what differs between environments."""

    where: str
    rule: str

    @classmethod
    def of(cls, path: str, rule: str) -> Finding:
        """Return the finding of cdk-nag at a construct's path."""
        return cls(_reduced(path).removesuffix('/Resource').removesuffix('/DefaultPolicy'), _reduced(rule))


def _reduced(text: str) -> str:
    for pattern, replacement in REDUCTIONS:
        text = re.sub(pattern, replacement, text)
    return text


@jsii.implements(cdk.IPolicyValidationPlugin)
class NagWithSuppressions:
    """Collects the findings that no suppression covers, and the suppressions that covered one."""

    def __init__(self, app: cdk.App, suppressed: Collection[Finding]):
        self._pack, self._suppressed = AwsSolutionsChecks(app), suppressed
        self.left: list[Finding] = []
        self.used: set[Finding] = set()

    @property
    def name(self) -> str:
        """The name under which CDK reports findings."""
        return 'AwsSolutions'

    @property
    def version(self) -> str | None:
        """The version of the plugin, which has none."""
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        """The ids of the rules, which CDK needs not know."""
        return None

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Run the rules over the application; findings are collected, and never end the synthesis."""
        report = self._pack.validate_scope(context.app_construct)
        for violation in report.violations:
            for resource in violation.violating_resources:
                finding = Finding.of(resource.construct_path, violation.rule_name)
                if finding in self._suppressed:
                    self.used.add(finding)
                else:
                    self.left.append(finding)
        return cdk.PolicyValidationPluginReport(success=True, violations=[])
