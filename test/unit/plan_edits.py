"""Edits of the sample configuration with the effects that they are known to have, written by hand."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

GENERAL = 'SyntheticGeneralData-PolicyData'
WRITTEN = 'SyntheticGeneralData-WrittenPolicyData'
LIFE = 'SyntheticLifeData-PolicyData'
SPEC, MAPPING = f'transformation-spec/{GENERAL}.json', f'transformation-spec/{GENERAL}.csv'
WRITTEN_SPEC, WRITTEN_MAPPING = f'transformation-spec/{WRITTEN}.json', f'transformation-spec/{WRITTEN}.csv'
LIFE_SPEC, CLAIMS = f'transformation-spec/{LIFE}.json', 'transformation-spec/SyntheticGeneralData-ClaimData.json'
RULES = f'dq-rules/dq-{GENERAL}.json'
SQL, WRITTEN_SQL = f'transformation-sql/spark-{GENERAL}.sql', f'transformation-sql/spark-{WRITTEN}.sql'
LIFE_SQL = f'transformation-sql/spark-{LIFE}.sql'
VIEWS, PRODUCER_VIEWS = f'transformation-sql/athena-{GENERAL}.sql', f'transformation-sql/athena-{WRITTEN}.sql'
REDSHIFT = 'transformation-sql/redshift-SyntheticGeneralData-CombinedData.sql'
DEPENDENT = 'transformation-spec/SyntheticGeneralData-CombinedData-dependent.json'
A01_SPEC = 'transformation-spec/Customer-A01.json'
A01_SQL, MATCH = 'transformation-sql/spark-Customer-A01.sql', 'transformation-spec/Customer-entitymatch.json'
POLICY, POLICY_CONSUME = 'syntheticgeneraldata.policydata', 'syntheticgeneraldata_consume.policydata'
WRITTEN_TABLE = 'syntheticgeneraldata.writtenpolicydata'
SUMMARY, LIFE_CONSUME = 'syntheticgeneraldata_consume.policysummarydata', 'syntheticlifedata_consume.policydata'
BY_MONTH = 'syntheticgeneraldata_consume.policy_results_by_month'


@dataclass(frozen=True)
class Edit:
    """An edit and its effect.

    changes   how the content of each file changes; an empty text removes the file
    effects   `<kind> <table>.<column>` of every effect on data; none when nothing changes
    breaks    words in the sentences on what breaks
    touches   tables that are made of the changed ones, at least
    """

    name: str
    changes: dict[str, Callable[[str], str]]
    effects: set[str] = field(default_factory=set)
    breaks: tuple[str, ...] = ()
    touches: set[str] = field(default_factory=set)

    @property
    def group(self) -> str:
        """Return the group of sample files that the edited ones belong to."""
        name = next(iter(self.changes))
        return next((group for word, group in (('Customer-', 'customers'), ('Life', 'life'), ('Written', 'written'))
                     if word in name), 'policies')

    def apply(self, folder: Path) -> None:
        """Change the files of a configuration folder."""
        for name, change in self.changes.items():
            path = folder / name
            before = path.read_text() if path.exists() else ''
            after = change(before)
            assert after != before, f'{self.name}: the edit of {name} changes nothing'
            path.write_text(after) if after else path.unlink()


def swap(old: str, new: str, *more: str) -> Callable[[str], str]:
    """Return an edit that replaces texts, which must be there."""
    def change(text: str) -> str:
        for was, becomes in zip((old, *more[::2]), (new, *more[1::2]), strict=True):
            assert was in text, was
            text = text.replace(was, becomes)
        return text
    return change


def one(file: str, *words: str) -> dict[str, Callable[[str], str]]:
    """Return the change of one file by replacing texts."""
    return {file: swap(*words)}


def written(file: str, text: str) -> dict[str, Callable[[str], str]]:
    """Return the change that gives a file another content."""
    return {file: lambda _: text}


ON_DATA = (
    Edit('a column is dropped', one(MAPPING, 'Territory,Territory,', 'Territory,Null,'),
         {f'column removed {POLICY}.territory'}, ('territory',)),
    Edit('a column that nobody reads is dropped', one(MAPPING, 'ProducerProfitCenterID,ProducerProfitCenterID,\n', ''),
         {f'column removed {POLICY}.producerprofitcenterid'}),
    Edit('a column is renamed', one(MAPPING, 'InsuredCity,InsuredCity', 'InsuredCity,City'),
         {f'column renamed {POLICY}.city'}),
    Edit('a renamed column is read by SQL', one(MAPPING, 'AgentName,AgentName', 'AgentName,Agent'),
         {f'column renamed {POLICY}.agent', f'in clear text {POLICY}.agent'}, ('agentname',)),
    Edit('a column is added', one(MAPPING, 'InsuredEmployeeTier,Null', 'InsuredEmployeeTier,Tier'),
         {f'column added {POLICY}.tier'}),
    Edit('a column comes from another one', one(MAPPING, 'Territory,Territory', 'Region,Territory'),
         {f'values change {POLICY}.territory'}, touches={POLICY_CONSUME}),
    Edit('the scale of an amount', one(SPEC, '"EarnedPremium": "decimal(16,2)"', '"EarnedPremium": "decimal(16,4)"'),
         {f'type changed {POLICY}.earnedpremium'}, touches={POLICY_CONSUME, BY_MONTH}),
    Edit('a conversion is removed', one(SPEC, '"WrittenPolicy": "int",', ''),
         {f'values change {POLICY}.writtenpolicy'}, touches={BY_MONTH}),
    Edit('a conversion is added', one(SPEC, '"WrittenPolicy": "int",', '"WrittenPolicy": "int", "Territory": "int",'),
         {f'values change {POLICY}.territory'}),
    Edit('the pattern of a date', one(SPEC, '"field": "StartDate", "format": "M/d/yy"',
                                      '"field": "StartDate", "format": "d/M/yy"'),
         {f'values change {POLICY}.startdate'}, touches={POLICY_CONSUME, BY_MONTH}),
    Edit('a date becomes a timestamp', one(
        SPEC, '{"field": "EndDate", "format": "yy-MM-dd"},', '',
        '"timestamp": [', '"timestamp": [{"field": "EndDate", "format": "yy-MM-dd"},'),
         {f'type changed {POLICY}.enddate'}),
    Edit('a date that does not convert stops the load', one(
        SPEC, '"field": "EndDate", "format": "yy-MM-dd"',
        '"field": "EndDate", "format": "yy-MM-dd", "on_error": "fail"'),
         {f'values change {POLICY}.enddate'}),
    Edit('another lookup', one(SPEC, '"lookup": "LOB"', '"lookup": "LOBName"'),
         {f'values change {POLICY}.lineofbusinessofcode', f'values change {POLICY}.lineofbusiness'},
         touches={POLICY_CONSUME}),
    Edit('what stands for an unknown key', one(SPEC, '"nomatch": "N/A"', '"nomatch": "?"'),
         {f'values change {POLICY}.insuredstatename'}, touches={POLICY_CONSUME}),
    Edit('the order of merged columns', one(
        SPEC, '["LineOfBusiness", "LineOfBusinessOfCode"]', '["LineOfBusinessOfCode", "LineOfBusiness"]'),
         {f'values change {POLICY}.lineofbusiness'}),
    Edit('the default of a merge', one(SPEC, '"default": "Unknown"', '"default": "None"'),
         {f'values change {POLICY}.lineofbusiness'}),
    Edit('a hash is removed', one(SPEC, '"hash": ["InsuredContactEmail"],', ''),
         {f'protection removed {POLICY}.insuredcontactemail'}, ('loads stop', 'no_longer_protected')),
    Edit('a hash is removed with a reason', one(
        SPEC, '"hash": ["InsuredContactEmail"],', '', '"csv": {',
        '"no_longer_protected": {"InsuredContactEmail": "no persons"}, "csv": {'),
         {f'protection removed {POLICY}.insuredcontactemail'}),
    Edit('a redaction is removed', one(SPEC, '"PhoneNumber": "(000) 555-0100",', ''),
         {f'protection removed {POLICY}.phonenumber'}, ('no_longer_protected',)),
    Edit('a hash becomes a redaction', one(
        SPEC, '"hash": ["InsuredContactEmail"],', '', '"redact": {', '"redact": {"InsuredContactEmail": "x",'),
         {f'protection changed {POLICY}.insuredcontactemail', f'values change {POLICY}.insuredcontactemail'}),
    Edit('a hash is added', one(SPEC, '"hash": [', '"hash": ["AgentName", '),
         {f'protection added {POLICY}.agentname', f'values change {POLICY}.agentname'}, touches={POLICY_CONSUME}),
    Edit('what a redaction writes', one(SPEC, '"InsuredContactCellPhone": "(000) 555-0100"',
                                        '"InsuredContactCellPhone": "hidden"'),
         {f'values change {POLICY}.insuredcontactcellphone'}),
    Edit('a hashed column is renamed and not hashed any more', {
        MAPPING: swap('InsuredContactEmail,InsuredContactEmail', 'InsuredContactEmail,Contact'),
        SPEC: swap('"hash": ["InsuredContactEmail"],', '')},
         {f'column renamed {POLICY}.contact', f'protection removed {POLICY}.contact'}, ('InsuredContactEmail',)),
    Edit('the source of a hashed column also goes elsewhere', one(MAPPING, 'TIN,EIN,Tokenized',
                                                                  'TIN,EIN,Tokenized\nTIN,Identity,'),
         {f'column added {POLICY}.identity', f'protection removed {POLICY}.identity'}),
    Edit('personal data in a new column', one(MAPPING, 'InsuredEmployeeTier,Null', 'InsuredEmployeeTier,DriverName'),
         {f'column added {POLICY}.drivername', f'in clear text {POLICY}.drivername'}),
    Edit('quarantined rows keep clear text', one(RULES, '"before_transform": {', '"quarantine_clear": true, '
                                                 '"before_transform": {'), {f'in clear text {POLICY}'}),
    Edit('malformed rows are kept', one(SPEC, '"csv": {', '"keep_malformed_text": "the sender asks", "csv": {'),
         {f'in clear text {POLICY}'}),
    Edit('another delimiter', one(SPEC, '"csv": {', '"csv": {"delimiter": ";",'), {f'reading changes {POLICY}'},
         touches={POLICY_CONSUME, BY_MONTH}),
    Edit('another encoding', one(SPEC, '"csv": {', '"encoding": "cp1252", "csv": {'), {f'reading changes {POLICY}'}),
    Edit('lines above the header', one(SPEC, '"csv": {', '"skip_rows": 1, "csv": {'), {f'reading changes {POLICY}'}),
    Edit('texts that stand for null', one(SPEC, '"csv": {', '"null_values": ["n/a"], "csv": {'),
         {f'reading changes {POLICY}'}),
    Edit('types are not inferred any more', one(SPEC, '"csv": {', '"infer_types": false, "csv": {'),
         {f'reading changes {POLICY}'}),
    Edit('rows of the source are left out', one(SPEC, '"csv": {', '"row_filter": "PolicyNumber <> \'Total\'", '
                                                '"csv": {'),
         {f'rows change {POLICY}'}, touches={POLICY_CONSUME}),
    Edit('rows are filtered', one(SPEC, '"lookup": [', '"filterrows": [{"condition": "EarnedPremium > 0"}], '
                                  '"lookup": ['), {f'rows change {POLICY}'}, touches={BY_MONTH}),
    Edit('each file keeps its rows', one(SPEC, '"csv": {', '"load_mode": "by_file", "csv": {'),
         {f'reading changes {POLICY}'}),
    Edit('a declared type', one(WRITTEN_SPEC, '"Term": "int"', '"Term": "bigint"'),
         {f'type changed {WRITTEN_TABLE}.term', f'values change {WRITTEN_TABLE}.termenddate'}),
    Edit('a literal', one(WRITTEN_SPEC, 'SyntheticGeneral policy administration', 'Policy administration'),
         {f'values change {WRITTEN_TABLE}.sourcesystem'}, touches={SUMMARY}),
    Edit('earning by day', one(WRITTEN_SPEC, '"byday": true', '"byday": false'),
         {f'values change {WRITTEN_TABLE}.earnedpremiumbyday'}, touches={SUMMARY}),
    Edit('the similarity of a column name', one(WRITTEN_MAPPING, 'NewOrRenewal,90,ratio', 'NewOrRenewal,70,ratio'),
         {f'values change {WRITTEN_TABLE}.neworrenewal'}, touches={SUMMARY}),
    Edit('a dropped column decides on a similar name', one(WRITTEN_MAPPING, 'InsuredEIN,Null', 'NewOrRenew,Null'),
         {f'values change {WRITTEN_TABLE}.neworrenewal'}),
    Edit('a step is removed', one(LIFE_SPEC, '"pattern": "@(.+)$"', '"pattern": "@([^.]+)"'),
         {'values change syntheticlifedata.policydata.emailprovider'}),
    Edit('two steps in another order', one(
        LIFE_SPEC, '"columnfromcolumn": [', '"hash": ["emailid"], "columnfromcolumn": [',
        '        "hash": ["emailid"],\n', ''),
         {'values change syntheticlifedata.policydata.emailprovider',
          'values change syntheticlifedata.policydata.emailid'}),
    Edit('a hash of a table without mapping is removed', one(LIFE_SPEC, '"hash": ["emailid"],', ''),
         {'protection removed syntheticlifedata.policydata.emailid'}, ('no_longer_protected',)),
    Edit('a hash of a table without mapping is added', one(LIFE_SPEC, '"hash": [', '"hash": ["prodcode", '),
         {'protection added syntheticlifedata.policydata.prodcode',
          'values change syntheticlifedata.policydata.prodcode'}, touches={LIFE_CONSUME}),
    Edit('a conversion without mapping is removed', one(LIFE_SPEC, '"issueage": "int",', ''),
         {'values change syntheticlifedata.policydata.issueage'}, touches={LIFE_CONSUME}),
    Edit('a type without mapping is declared', one(
        CLAIMS, '"input_spec": {', '"input_spec": {"types": {"policynumber": "bigint"},'),
         {'values change syntheticgeneraldata.claimdata.policynumber'}),
    Edit('a literal column is removed', one(LIFE_SPEC, '"line": "Life"', '"family": "Life"'),
         {'column removed syntheticlifedata.policydata.line', 'column added syntheticlifedata.policydata.family'},
         ('line',)),
    Edit('a rule quarantines rows', one(RULES, '"IsComplete \'PolicyNumber\'"', '"IsComplete \'PolicyNumber\'", '
                                        '"IsComplete \'StartDate\'"'), {f'rule added {POLICY}'}),
    Edit('a limit of a quarantine rule', one(RULES, '< 100000000', '< 1000000'),
         {f'rule added {POLICY}', f'rule removed {POLICY}'}, touches={POLICY_CONSUME}),
    Edit('a rule that stops loads', one(RULES, "\"ColumnLength 'EIN' = 64\"", "\"ColumnLength 'EIN' = 32\""),
         {f'rule added {POLICY}', f'rule removed {POLICY}'}),
    Edit('a rule on rows of Consume', one(RULES, "ColumnValues 'IncurredAmount' >= 0",
                                          "ColumnValues 'IncurredAmount' > 0"),
         {f'rule added {POLICY_CONSUME}', f'rule removed {POLICY_CONSUME}'}, touches={BY_MONTH}),
    Edit('a rule on a column that does not exist', one(RULES, '"RowCount > 0",', '"RowCount > 0", "ColumnExists '
                                                       '\'Gender\'",'), {f'rule added {POLICY}'}, ('Gender',)),
    Edit('all rules go', written(RULES, ''), {f'rule removed {POLICY}', f'rule removed {POLICY_CONSUME}'}),
    Edit('a column of a query', one(SQL, '    policies.territory,\n', ''),
         {f'column removed {POLICY_CONSUME}.territory'}),
    Edit('a computed column of a query', one(SQL, '    policies.execution_id,',
                                             '    policies.earnedpremium * 2 AS doubled,\n    policies.execution_id,'),
         {f'column added {POLICY_CONSUME}.doubled'}),
    Edit('an expression of a query', one(WRITTEN_SQL, 'WHEN policymonthindex = 1', 'WHEN policymonthindex = 2'),
         {f'values change {SUMMARY}.writtenpremiumamount'},
         touches={'syntheticgeneraldata_consume.written_premium_by_producer'}),
    Edit('a literal of a query', one(LIFE_SQL, 'coalesce(claims.claims, 0)', 'coalesce(claims.claims, 1)'),
         {f'values change {LIFE_CONSUME}.claims'}),
    Edit('a condition of a join', one(SQL, 'AND claims.recency = 1', 'AND claims.recency <= 1'),
         {f'rows change {POLICY_CONSUME}'}, touches={BY_MONTH}),
    Edit('a subquery', one(SQL, 'generationdate DESC', 'generationdate ASC'), {f'rows change {POLICY_CONSUME}'}),
    Edit('a column that does not exist', one(SQL, 'policies.territory,', 'policies.region,'),
         {f'column removed {POLICY_CONSUME}.territory', f'column added {POLICY_CONSUME}.region'},
         (f'spark-{GENERAL}.sql',)),
    Edit('another Consume table', one(WRITTEN_SQL, 'CREATE TABLE policysummarydata', 'CREATE TABLE summary'),
         {f'table removed {SUMMARY}', 'table added syntheticgeneraldata_consume.summary'},
         (f'reads {SUMMARY}, which no workflow fills any more',)),
    Edit('a name of a query that does not exist', one(SQL, 'LEFT JOIN ranked_claims', 'LEFT JOIN ranked'),
         {f'rows change {POLICY_CONSUME}'}, ('reads ranked, which',)),
    Edit('partitions are filled one by one', {SQL: lambda text: f'-- mode: partition\n{text}'},
         {f'table mode changes {POLICY_CONSUME}'}),
    Edit('a query that goes', written(LIFE_SQL, ''), {f'table removed {LIFE_CONSUME}'}),
    Edit('an expression of a view', one(VIEWS, 'sum(policyinforce)', 'max(policyinforce)'),
         {f'view changed {BY_MONTH}'}),
    Edit('another view', one(PRODUCER_VIEWS, 'written_premium_by_producer', 'by_producer'),
         {'view removed syntheticgeneraldata_consume.written_premium_by_producer',
          'view added syntheticgeneraldata_consume.by_producer'}),
    Edit('a view on a column that does not exist', one(PRODUCER_VIEWS, 'distributionchannel AS', 'channel AS',
                                                       'producername, distributionchannel', 'producername, channel'),
         {'view changed syntheticgeneraldata_consume.written_premium_by_producer'}, (f'athena-{WRITTEN}.sql',)),
    Edit('a view of Redshift', one(REDSHIFT, 'policies.lobcode,', ''),
         {'view changed general_insurance.combined_policy_months'}),
    Edit('the workflow that another one waits for', one(DEPENDENT, '/PolicyData', '/ClaimData'),
         {'waits for others syntheticgeneraldata.combineddata'}),
    Edit('a threshold of the match', one(MATCH, '"threshold": 1.0', '"threshold": 0.9'),
         {'match changes customer_consume.customer_primary'}),
    Edit('a column that the match compares goes', one(A01_SQL, '    email,\n', ''),
         {'column removed customer_consume.a01.email'}, ('email',)),
    Edit('a customer number comes in clear text', one(A01_SPEC, '"hash": ["ssn"]', '"hash": []'),
         {f'protection removed {table}.ssn' for table in (
             'customer.a01', 'customer_consume.a01', 'customer_consume.customer_primary')},
         ('no_longer_protected',),
         touches={'customer_consume.customer_primary'}),
    Edit('a workflow goes', {MAPPING: lambda _: '', SPEC: lambda _: '', RULES: lambda _: '', SQL: lambda _: '',
                             VIEWS: lambda _: ''},
         {f'table removed {POLICY}', f'in clear text {POLICY}'},
         (f'reads {POLICY_CONSUME}, which no workflow fills any more',)),
    Edit('a new workflow', written('transformation-spec/SyntheticGeneralData-Brokers.json', '{"input_spec": {}}'),
         {'table added syntheticgeneraldata.brokers'}),
    Edit('columns change their places', one(MAPPING, 'PolicyNumber,PolicyNumber,\n', '', 'StartDate,StartDate,',
                                            'PolicyNumber,PolicyNumber,\nStartDate,StartDate,'),
         {f'columns reordered {POLICY}'}),
    Edit('another type where no change of columns is allowed', one(
        SPEC, '"csv": {', '"allow_schema_change": "strict", "csv": {', '"EarnedPremium": "decimal(16,2)"',
        '"EarnedPremium": "decimal(18,2)"'), {f'loads may stop {POLICY}', f'type changed {POLICY}.earnedpremium'},
         ('allow_schema_change is strict',)),
    Edit('fewer changes of columns are allowed', one(SPEC, '"csv": {', '"allow_schema_change": "strict", "csv": {'),
         {f'loads may stop {POLICY}'}),
    Edit('a rule of any SQL', one(RULES, '"RowCount > 0",', '"RowCount > 0", "CustomSql \'select count(*) from '
                                  'primary\' > 1",'), {f'rule added {POLICY}'}),
)
NOT_ON_DATA = (
    Edit('an empty line in a specification', one(SPEC, '"transform_spec": {', '\n\n"transform_spec": {')),
    Edit('a comment in a specification', one(SPEC, '"transform_spec": {', '// amounts and dates\n"transform_spec": {')),
    Edit('a description of a specification', one(SPEC, 'Policy months of the general insurer', 'Policy months')),
    Edit('a description of an entry', one(SPEC, 'Some months come without the name', 'Sometimes there is no name')),
    Edit('keys of an entry in another order', one(SPEC, '{"field": "StartDate", "format": "M/d/yy"}',
                                                  '{"format": "M/d/yy", "field": "StartDate"}')),
    Edit('entries of independent columns in another order', one(
        SPEC, '"PolicyInForce": "int",', '', '"WrittenPolicy": "int",',
        '"WrittenPolicy": "int", "PolicyInForce": "int",')),
    Edit('independent steps in another order', one(
        SPEC, '"tokenize": ["EIN"]', '"x": 0', '"hash": ["InsuredContactEmail"],', '"tokenize": ["EIN"],',
        '"x": 0', '"hash": ["InsuredContactEmail"]')),
    Edit('a step has a suffix', one(SPEC, '"hash": [', '"hash:2": [')),
    Edit('a step is divided', one(SPEC, '{"field": "EndDate", "format": "yy-MM-dd"},', '', '"timestamp": [',
                                  '"date:2": [{"field": "EndDate", "format": "yy-MM-dd"}], "timestamp": [')),
    Edit('a default is written out', one(SPEC, '"csv": {', '"infer_types": true, "encoding": "UTF-8", "csv": {')),
    Edit('a type in another spelling', one(
        SPEC, '"EarnedPremium": "decimal(16,2)"', '"EarnedPremium": "DECIMAL(16, 2)"')),
    Edit('a column of a step in another letter case', one(SPEC, '{"field": "StartDate"', '{"field": "startdate"')),
    Edit('a description of a column', one(MAPPING, 'First day of the month', 'The first day')),
    Edit('a comment in a mapping', one(MAPPING, 'PhoneNumber,PhoneNumber', '// telephone\nPhoneNumber,PhoneNumber')),
    Edit('quotes in a mapping', one(MAPPING, 'CompanyCode,CompanyCode,', '"CompanyCode","CompanyCode",""')),
    Edit('a dropped column is not listed any more', one(MAPPING, 'InsuredEmployeeTier,Null,Follows from the number of '
                                                        'employees\n', '')),
    Edit('an owner', one(CLAIMS, '"input_spec": {', '"input_spec": {"owner": "Claims data, a@b.example",')),
    Edit('the description of a table', one(SPEC, 'One row for each general', 'A row for every general')),
    Edit('a reason', one(SPEC, 'reports name the agents', 'agents are named in reports')),
    Edit('a comment in SQL', one(SQL, 'SELECT\n    policies.policynumber', '-- all policies\nSELECT\n    '
                                 'policies.policynumber')),
    Edit('keywords in another letter case', one(SQL, 'LEFT JOIN', 'left join', 'SELECT', 'select', 'PARTITION BY',
                                                'partition by', 'coalesce', 'COALESCE')),
    Edit('another layout of SQL', {SQL: lambda text: '\n'.join(
        line.split('--')[0].strip() for line in text.split('\n'))}),
    Edit('names in quotes and in another letter case', one(SQL, 'policies.territory', 'Policies.`Territory`')),
    Edit('keywords that can be left out', one(SQL, 'LEFT JOIN', 'LEFT OUTER JOIN', 'ranked_claims AS claims',
                                              'ranked_claims claims')),
    Edit('a semicolon at the end of SQL', {SQL: lambda text: text.rstrip() + '\n;\n'}),
    Edit('views in another layout', {VIEWS: lambda text: text.replace('\n', '  \n').replace('SELECT', 'select')}),
    Edit('views in another order', {PRODUCER_VIEWS: lambda text: ';\n'.join(
        [*reversed([part for part in text.split(';') if part.strip()]), ''])}),
    Edit('rules in another order', one(RULES, '"RowCount > 0",\n', '', "(ColumnExists 'EffectiveDate')\"",
                                       "(ColumnExists 'EffectiveDate')\", \"RowCount > 0\"")),
    Edit('blanks in a rule', one(RULES, '"RowCount > 0"', '"RowCount  >  0"')),
    Edit('a description of the match', one(MATCH, 'one global id for each person', 'one id for each person')),
    Edit('a dependency is written in another way', one(DEPENDENT, '"days": 1', '"days":   1')),
)
