"""Findings of cdk-nag that stay, each with the reason why; one that no longer occurs fails a test."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nag import Finding


@dataclass(frozen=True)
class Suppression:
    """Findings at one construct, and why they stay."""

    where: str
    findings: tuple[str, ...]
    reason: str

    def covered(self) -> Mapping[Finding, str]:
        """Return the reason by finding."""
        return {Finding(self.where, finding): self.reason for finding in self.findings}


def wildcard_resources(*resources: str) -> tuple[str, ...]:
    """Return the findings about these resources of a policy."""
    return tuple(f'AwsSolutions-IAM5[Resource::{resource}]' for resource in resources)


def wildcard_actions(*actions: str) -> tuple[str, ...]:
    """Return the findings about these actions of a policy."""
    return tuple(f'AwsSolutions-IAM5[Action::{action}]' for action in actions)


BASIC_EXECUTION = ('AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/'
                   'AWSLambdaBasicExecutionRole]',)
READ_BUCKET = wildcard_actions('s3:GetBucket*', 's3:GetObject*', 's3:List*')
WRITE_BUCKET = wildcard_actions('s3:Abort*', 's3:DeleteObject*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*')
DEPLOY_FILES = 'Glue/Custom::CDKBucketDeployment8693BB64968944B69AAFB0CC9EB8756C'
CDK_WRITES_IT = 'CDK writes this policy, for one bucket and its key; the wildcards are in the names of actions on them.'
CATALOG = 'arn:aws:glue:REGION:ACCOUNT:'

DATA = (
    Suppression('Glue/Role', wildcard_resources(*(f'<{name}Bucket>/*' for name in (
        'Scripts', 'Temporary', 'Collect', 'Cleanse', 'Consume'))),
        'The names of files come with the data; the buckets are named.'),
    Suppression('Glue/Role', wildcard_resources(f'{CATALOG}database/*', f'{CATALOG}table/*/*',
                                                f'{CATALOG}userDefinedFunction/*/*'),
                'Databases and tables are named by the folders in which files land.'),
    Suppression('Glue/Role', wildcard_resources('*'),
                'Metrics, looks at the network and statements of Redshift have no resources in IAM; metrics are '
                'limited to namespaces, statements to those of the role.'),
    Suppression('Glue/Role', wildcard_resources(
        'arn:aws:logs:REGION:ACCOUNT:log-group:/aws-glue/ENVIRONMENT-PREFIX-etl*'),
        'AWS Glue makes log streams, and adds the name of the security configuration to the log group.'),
    Suppression('Glue/Role', wildcard_resources('arn:aws:ec2:REGION:ACCOUNT:network-interface/*'),
                'A network interface has an id only after it was created.'),
    Suppression('Glue/Role', wildcard_resources('arn:aws:ec2:REGION:ACCOUNT:subnet/*',
                                                'arn:aws:ec2:REGION:ACCOUNT:security-group/*'),
                'Only where the configuration names connections, whose networks it does not know.'),
    Suppression('Glue/Role', wildcard_resources(f'{CATALOG}dataQualityRuleset/*'),
                'Rulesets are made by runs; only where AWS Glue Data Quality is the engine.'),
    Suppression('Glue/Role', wildcard_resources('arn:aws:redshift-serverless:REGION:ACCOUNT:workgroup/*'),
                'The ARN of a workgroup has an id that is not its name; only where one is configured.'),
    Suppression('DocsSite/Role', wildcard_resources(
        *(f'<ScriptsBucket>/etl/{folder}/*' for folder in ('transformation-spec', 'transformation-sql', 'dq-rules'))),
        'Configuration files are named after workflows; the folders are named.'),
    Suppression('DocsSite/Role', wildcard_resources(f'{CATALOG}database/*', f'{CATALOG}table/*/*'),
                'Databases and tables are named by the folders in which files land.'),
    Suppression('DataLakeConsumer/Policy', wildcard_resources(
        '<CleanseBucket>/*', '<ConsumeBucket>/*', f'{CATALOG}database/*', f'{CATALOG}table/*/*'),
        'Consumers read all tables, whose names come with the data; clear quarantine is denied.'),
    Suppression('DataLakeConsumer/Policy', wildcard_resources('*'),
                'The console lists workgroups and catalogs, for which IAM has no resources.'),
    Suppression('Storage/BucketNotificationsHandler050a0587b7544547bf325f094a3db834/Role', BASIC_EXECUTION,
                'A function of CDK that runs at deployment alone, and only with imported storage.'),
)
ORCHESTRATION = (
    *(Suppression(f'StepFunctions/{name}Role', wildcard_resources(
        'arn:aws:states:REGION:ACCOUNT:execution:ENVIRONMENT-PREFIX-etl-state-machine:*'),
        'Executions are named after files as they land; the state machine is named.')
      for name in ('ExecutionRepair', 'TableLock')),
    Suppression('StepFunctions/StateMachineRole', wildcard_resources('*'),
                'X-Ray and the delivery of logs have no resources in IAM.'),
    Suppression('StepFunctions/TriggerRole', wildcard_resources('<ScriptsBucket>/etl/transformation-spec/*'),
                'Specifications are named after workflows; the folder is named.'),
)
DEPLOYMENT = (
    Suppression(DEPLOY_FILES, ('AwsSolutions-L1',), 'A function of CDK, whose runtime CDK keeps up to date.'),
    Suppression(f'{DEPLOY_FILES}/ServiceRole', BASIC_EXECUTION, 'A function of CDK that runs at deployment alone.'),
    Suppression(f'{DEPLOY_FILES}/ServiceRole', (
        *READ_BUCKET, *WRITE_BUCKET,
        *wildcard_resources('<ScriptsBucket>/*', 'arn:aws:s3:::cdk-hnb659fds-assets-ACCOUNT-REGION/*')), CDK_WRITES_IT),
    Suppression('Pipeline/Pipeline/Role', (
        *READ_BUCKET, *WRITE_BUCKET, *wildcard_resources('<PipelineArtifactsBucket>/*', '<ReplicationBucket>/*')),
        CDK_WRITES_IT),
    Suppression('Pipeline/Pipeline/Role', wildcard_resources('*'),
                'CDK writes this statement, for the key of artifacts in another region, which only that region knows.'),
    Suppression('Pipeline/Assets/FileRole', (
        *READ_BUCKET, *wildcard_resources(
            '*', '<PipelineArtifactsBucket>/*', 'arn:aws:codebuild:REGION:ACCOUNT:report-group/*',
            'arn:aws:logs:REGION:ACCOUNT:log-group:/aws/codebuild/*')), CDK_WRITES_IT),
    Suppression('Pipeline/Pipeline/Build/Synth/CdkBuildProject/Role', (
        *READ_BUCKET, *WRITE_BUCKET, *wildcard_resources(
            '<PipelineArtifactsBucket>/*',
            'arn:aws:codebuild:REGION:ACCOUNT:report-group/<PipelineBuildSynthCdkBuildProject>-*',
            'arn:aws:logs:REGION:ACCOUNT:log-group:/aws/codebuild/<PipelineBuildSynthCdkBuildProject>:*')),
        CDK_WRITES_IT),
    Suppression('Pipeline/UpdatePipeline/SelfMutation/Role', (
        *READ_BUCKET, *wildcard_actions('kms:GenerateDataKey*', 'kms:ReEncrypt*'), *wildcard_resources(
            '<PipelineArtifactsBucket>/*',
            'arn:aws:codebuild:REGION:ACCOUNT:report-group/<PipelineUpdatePipelineSelfMutation>-*',
            'arn:aws:logs:REGION:ACCOUNT:log-group:/aws/codebuild/<PipelineUpdatePipelineSelfMutation>:*')),
        CDK_WRITES_IT),
    Suppression('Pipeline/UpdatePipeline/SelfMutation/Role', wildcard_resources('*', 'arn:*:iam::ACCOUNT:role/*'),
                'CDK writes these statements: the pipeline looks at stacks and takes the roles of the bootstrap, '
                'limited by their tags, to change itself.'),
    Suppression('Pipeline/Pipeline/ArtifactsBucket', ('AwsSolutions-S1',),
                'It holds the source code and templates on their way through the pipeline, no data.'),
    Suppression('cross-region-stack-ACCOUNT:REGION/Default/CrossRegionCodePipelineReplicationBucket',
                ('AwsSolutions-S1',), 'It holds templates on their way through the pipeline, no data.'),
)
SUPPRESSIONS: tuple[Suppression, ...] = (*DATA, *ORCHESTRATION, *DEPLOYMENT)
