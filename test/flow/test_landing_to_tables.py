"""A file that lands becomes rows in Cleanse and Consume: what CDK synthesized runs, and real jobs fill real tables."""
from __future__ import annotations

POLICIES = 'number,state,premium\nP1,NY,100.50\nP2,TX,7\nP3,NY,oops\n'
SPEC = {'input_spec': {'types': {'number': 'string'}}, 'transform_spec': {'changetype': {'premium': 'decimal(12,2)'}}}
SQL = 'SELECT state, sum(premium) AS premium, year, month, day FROM gen.policy GROUP BY state, year, month, day'


def test_a_landed_file_is_loaded_recorded_and_told_of(aws):
    aws.configure('transformation-spec/Gen-Policy.json', SPEC)
    aws.configure('transformation-sql/spark-Gen-Policy.sql', SQL)
    aws.drop('Gen/Policy/2026/03/04/policies.csv', POLICIES)
    (execution,) = aws.settle()
    print(aws.audits())
    assert execution.status == 'SUCCEEDED'
    assert aws.audits() == {'Gen/Policy': ('SUCCEEDED', '')}
    print(aws.notifications())
    print(aws.rows('SELECT * FROM gen_consume.policy'))
