"""Rules written as SQL: a statement that gives one number, or the rows that pass."""
from __future__ import annotations

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, ParseException, PySparkException
from pyspark.sql import DataFrame

from lake_etl.dqdl.syntax_tree import Rule
from lake_etl.errors import DataError, LakeError
from lake_etl.quality.evaluation import fields
from lake_etl.quality.evaluation.data_set_rules import number_rule
from lake_etl.quality.evaluation.evaluation_plan import (
    FailingValues, Metric, RowTest, RuleInput, RulePlan, Values, Verdict, decided)
from lake_etl.quality.evaluation.judging import judge_share
from lake_etl.quality.evaluation.references import PRIMARY, failing_values
from lake_etl.quality.evaluation.sql_expressions import all_of
from lake_etl.reasons.failure import reason_of
from lake_etl.reasons.spark_failure import innermost_class
from lake_etl.spark.columns import column, has_column, quoted
from lake_etl.spark.overflow import run_user_query
from lake_etl.spark.session import user_sql_rules

SQL_ERRORS = (PySparkException, Py4JJavaError)


def sql_number(parameters: tuple[str, ...], where: str | None, data: RuleInput) -> Metric:
    """Measure the one number that a statement gives; raises DataError for anything else."""
    try:
        result = _result(parameters[0], data)
        rows = result.take(2)
    except SQL_ERRORS as error:
        raise _failure(error) from None
    if len(result.columns) != 1 or len(rows) != 1:
        found = ('no row', 'one row', 'more than one row')[len(rows)]
        raise DataError(f'The statement gives {found} of {len(result.columns)} columns, '
                        'expected one row of one column.')
    try:
        number = None if rows[0][0] is None else float(rows[0][0])
    except (TypeError, ValueError):
        kind = result.schema.fields[0].dataType.simpleString()
        raise DataError(f'The statement gives a value of type {kind}, expected a number.') from None
    return Metric('Dataset.*.CustomSQL', lambda values: number)


def custom_sql(rule: Rule, data: RuleInput) -> RulePlan:
    """Check the number that a statement gives, or without a condition that it returns every row.

    Rows are compared by the columns that the statement returns; rows that are alike in these pass or fail together.
    When the statement cannot be run, every row fails.
    """
    if rule.condition is not None:
        return number_rule(sql_number, rule, data)
    try:
        failed, failing = _rows_not_returned(rule.parameters[0].value, data)
    except (LakeError, *SQL_ERRORS) as error:
        verdict = Verdict(False, str(error if isinstance(error, LakeError) else _failure(error)))
        return decided(verdict, RowTest('false'))

    def judge(values: Values) -> Verdict:
        rows = values.rows(None)
        if not rows:
            return Verdict(False, 'There are no rows that the statement could return.')
        return judge_share('Dataset.*.CustomSQL.Compliance', (rows, failed), rule.threshold,
                           'appear in the result of the statement', data)
    return RulePlan(judge, row=RowTest(failing=failing))


def _rows_not_returned(statement: str, data: RuleInput) -> tuple[int, FailingValues]:
    result = _result(statement, data)
    if not result.columns:
        raise DataError('The statement returns no column, expected at least one of the rows under check.')
    unknown = [name for name in result.columns if not has_column(data.schema, name)]
    if unknown:
        raise DataError(f'The statement returns columns that the rows under check do not have: {", ".join(unknown)}.')
    columns = [fields.key(data.schema, name) for name in result.columns]
    names = [f'returned_{index}' for index in range(len(columns))]
    matches = all_of(f'{quoted(own)} <=> {name}' for own, name in zip(columns, names, strict=True))
    return failing_values(data, columns, result.toDF(*names), matches)


def _result(statement: str, data: RuleInput) -> DataFrame:
    """Return the result of a statement on the view `primary` and the tables of the lake, by the rules of users' SQL."""
    spark = data.df.sparkSession
    data.context.attach(statement)
    data.df.select(*map(column, data.schema.fieldNames())).createOrReplaceTempView(PRIMARY)
    try:
        with user_sql_rules(spark):
            return run_user_query(spark, statement)
    finally:
        # What the statement was analysed to keeps working without the name.
        spark.catalog.dropTempView(PRIMARY)


def _failure(error: Exception) -> DataError:
    """Return what is wrong with a statement, or what kind of error came up over the rows."""
    if isinstance(error, (AnalysisException, ParseException)):
        return DataError(f'The statement cannot be run: {reason_of(error)}')
    found = innermost_class(error)
    return DataError(f'The statement failed on the data{f": {found}" if found else ""}.')
