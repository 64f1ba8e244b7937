"""The Athena workgroup: one for each environment, results encrypted; example queries name columns that exist."""
from __future__ import annotations

import json

import pytest
import sqlglot
from sqlglot import exp

from lib.athena_helper_stack import example_queries
from lib.packaging.glue_library import SCRIPTS

STACK = '{}-InsuranceLakeEtlAthenaHelper'
SQL = SCRIPTS / 'transformation-sql'
# The statement that makes each table or view which an example query reads.
MADE_BY = {
    'syntheticgeneraldata_consume.policydata': 'spark-SyntheticGeneralData-PolicyData.sql',
    'syntheticgeneraldata_consume.policy_summary_by_month': 'athena-SyntheticGeneralData-WrittenPolicyData.sql',
    'syntheticlifedata_consume.policydata': 'spark-SyntheticLifeData-PolicyData.sql',
}


@pytest.mark.parametrize('environment', ['Dev', 'Test', 'Prod'])
def test_each_environment_has_its_own_workgroup_whose_settings_hold(lake_on_aws, environment):
    workgroup, = lake_on_aws.resources(STACK.format(environment), 'AWS::Athena::WorkGroup').values()
    assert workgroup['Properties']['Name'] == f'{environment.lower()}-insurancelake-workgroup'
    settings = workgroup['Properties']['WorkGroupConfiguration']
    assert settings['EnforceWorkGroupConfiguration'] is True
    assert settings['ManagedQueryResultsConfiguration']['Enabled'] is True
    encrypted_by_us = 'EncryptionConfiguration' in settings['ManagedQueryResultsConfiguration']
    assert encrypted_by_us is (environment != 'Test')  # An imported key need not admit Athena.


def test_the_key_admits_athena_for_our_account_alone(lake_on_aws):
    key, = lake_on_aws.resources('Dev-InsuranceLakeEtlStorage', 'AWS::KMS::Key').values()
    senders = next(item for item in key['Properties']['KeyPolicy']['Statement'] if item.get('Sid') == 'Senders')
    assert 'encryption.athena.amazonaws.com' in senders['Principal']['Service']
    assert senders['Condition'] == {'StringEquals': {'aws:SourceAccount': '111111111111'}}


def test_the_example_queries_are_deployed_with_what_they_answer(lake_on_aws):
    named = lake_on_aws.resources(STACK.format('Dev'), 'AWS::Athena::NamedQuery').values()
    assert {item['Properties']['QueryString'] for item in named} == {query.sql for query in example_queries()}
    assert all(item['Properties']['Description'].endswith('.') and item['Properties']['WorkGroup'] for item in named)
    assert len(json.dumps([item['Properties']['Name'] for item in named])) > 20


@pytest.mark.parametrize('query', example_queries(), ids=lambda query: query.name)
def test_an_example_query_names_columns_that_its_table_has(query):
    statement = sqlglot.parse_one(query.sql, dialect='athena')
    tables = {f'{table.db}.{table.name}' for table in statement.find_all(exp.Table)}
    own_names = {alias.alias for alias in statement.find_all(exp.Alias)}
    used = {column.name for column in statement.find_all(exp.Column)} - own_names
    assert used and tables
    for table in tables & set(MADE_BY):
        assert used - columns_of(table.partition('.')[2], MADE_BY[table]) == set()
    assert tables - set(MADE_BY) <= {'syntheticgeneraldata.policydata'}


def columns_of(name: str, file: str) -> set[str]:
    """Return the columns of a table or view, read from the statement of a SQL file that makes it."""
    text = (SQL / file).read_text(encoding='utf-8')
    dialect = 'athena' if file.startswith('athena') else 'spark'
    made = next(statement for statement in sqlglot.parse(text, dialect=dialect)
                if dialect == 'spark' or statement.find(exp.Table).name == name)
    return {column.alias_or_name for column in made.find(exp.Select).expressions} if dialect == 'athena' else {
        column.alias_or_name for column in (made.expression or made if isinstance(made, exp.Create) else made).selects}
