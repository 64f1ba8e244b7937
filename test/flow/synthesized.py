"""The templates of an environment with every reference resolved to the name or ARN that it will have."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACCOUNT, REGION = '123456789012', 'us-east-2'
PSEUDO = {'AWS::Partition': 'aws', 'AWS::Region': REGION, 'AWS::AccountId': ACCOUNT, 'AWS::URLSuffix': 'amazonaws.com',
          'AWS::NoValue': None}
NAME_PROPERTIES = {
    'AWS::Lambda::Function': 'FunctionName', 'AWS::Glue::Job': 'Name', 'AWS::SNS::Topic': 'TopicName',
    'AWS::S3::Bucket': 'BucketName', 'AWS::DynamoDB::Table': 'TableName', 'AWS::SQS::Queue': 'QueueName',
    'AWS::StepFunctions::StateMachine': 'StateMachineName'}
ARNS = {
    'AWS::Lambda::Function': 'arn:aws:lambda:{region}:{account}:function:{name}',
    'AWS::SNS::Topic': 'arn:aws:sns:{region}:{account}:{name}', 'AWS::S3::Bucket': 'arn:aws:s3:::{name}',
    'AWS::DynamoDB::Table': 'arn:aws:dynamodb:{region}:{account}:table/{name}',
    'AWS::StepFunctions::StateMachine': 'arn:aws:states:{region}:{account}:stateMachine:{name}',
    'AWS::SQS::Queue': 'arn:aws:sqs:{region}:{account}:{name}'}
REFERRED_BY_ARN = ('AWS::SNS::Topic', 'AWS::StepFunctions::StateMachine')


@dataclass(frozen=True)
class Resource:
    """A resource of a template: its logical id, and its properties without references."""

    logical_id: str
    properties: dict[str, Any]


class SynthesizedEnvironment:
    """All stacks of one environment, as CDK has written them below a folder."""

    def __init__(self, directory: Path):
        self.directory = directory
        paths = sorted(directory.glob('assembly-*/*.template.json'))
        self._templates = [json.loads(path.read_text()) for path in paths]
        self._exports: dict[str, tuple[Any, dict[str, Any]]] = {}
        for template in self._templates:
            for output in template.get('Outputs', {}).values():
                if 'Export' in output:
                    self._exports[self._value(output['Export']['Name'], template)] = (output['Value'], template)

    def resources(self, kind: str) -> Iterator[Resource]:
        """Yield the resources of a type."""
        for template in self._templates:
            for logical_id, resource in template['Resources'].items():
                if resource['Type'] == kind:
                    yield Resource(logical_id, self._value(resource.get('Properties', {}), template))

    def resource(self, kind: str, name_end: str) -> Resource:
        """Return the one resource of a type whose name ends so."""
        (found,) = [item for item in self.resources(kind)
                    if str(item.properties.get(NAME_PROPERTIES.get(kind, 'Name'))).endswith(name_end)]
        return found

    def _value(self, value: Any, template: dict[str, Any]) -> Any:
        if isinstance(value, list):
            return [self._value(item, template) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (function, argument), = value.items()
            resolve = getattr(self, f'_{function.replace("Fn::", "").lower()}', None)
            if resolve is not None and (function == 'Ref' or function.startswith('Fn::')):
                return resolve(argument, template)
        return {key: self._value(item, template) for key, item in value.items()}

    def _ref(self, name: str, template: dict[str, Any]) -> Any:
        if name in PSEUDO:
            return PSEUDO[name]
        if name in template.get('Parameters', {}):
            return template['Parameters'][name].get('Default')
        kind = template['Resources'][name]['Type']
        return self._arn(name, template) if kind in REFERRED_BY_ARN else self._name(name, template)

    def _getatt(self, argument: list[str], template: dict[str, Any]) -> str:
        name, attribute = argument
        return self._arn(name, template) if attribute == 'Arn' else self._name(name, template)

    def _join(self, argument: list[Any], template: dict[str, Any]) -> str:
        separator, parts = argument
        return separator.join(str(part) for part in self._value(parts, template))

    def _sub(self, argument: str, template: dict[str, Any]) -> str:
        return re.sub(r'\$\{([^}]+)\}', lambda match: str(self._ref(match[1], template)), argument)

    def _importvalue(self, argument: Any, template: dict[str, Any]) -> Any:
        value, source = self._exports[self._value(argument, template)]
        return self._value(value, source)

    def _name(self, logical_id: str, template: dict[str, Any]) -> str:
        resource = template['Resources'][logical_id]
        given = resource.get('Properties', {}).get(NAME_PROPERTIES.get(resource['Type'], ''))
        return logical_id if given is None else str(self._value(given, template))

    def _arn(self, logical_id: str, template: dict[str, Any]) -> str:
        pattern = ARNS.get(template['Resources'][logical_id]['Type'], 'arn:aws:other:{region}:{account}:{name}')
        return pattern.format(region=REGION, account=ACCOUNT, name=self._name(logical_id, template))
