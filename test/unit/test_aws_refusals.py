"""What a Java client of AWS says of a refused request becomes a sentence with code, status and what to do."""
from __future__ import annotations

import pytest

from lake_etl.reasons.spark_failure import aws_refusal


@pytest.mark.parametrize(('service', 'code', 'status', 'sentence'), [
    ('Amazon S3', 'SlowDown', 503, 'Amazon S3 refused a request (SlowDown, status 503). The service is throttled or '
                                   'out of order for the moment. Run again later.'),
    ('S3', 'AccessDenied', 403, 'S3 refused a request (AccessDenied, status 403). Grant the role of the job this '
                                'access, and the use of the KMS key of the bucket.'),
    ('S3', 'None', 412, 'S3 refused a request (status 412). Something else changed a file at the same time, or a '
                        'policy of the bucket refuses the request. Run again.'),
    ('Glue', 'Odd', 418, 'Glue refused a request (Odd, status 418). Look up this code in the guide of the service.'),
])
def test_a_refusal_names_service_code_and_what_to_do(service, code, status, sentence):
    assert aws_refusal(service, code, status) == sentence


def test_nothing_is_shown_that_is_not_a_name():
    assert aws_refusal('Jane Doe, 555-123', "key 'Jane'", 400) == (
        'A service of AWS refused a request (status 400). Look up this code in the guide of the service.')
