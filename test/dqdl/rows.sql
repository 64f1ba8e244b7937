SELECT * FROM VALUES
    (1, 1, 0.5D, CAST(1.50 AS decimal(10,2)), 'A', DATE'2024-02-29', TIMESTAMP'2024-02-29 10:00:00', true, '12', 'x'),
    (2, 2, 1.5D, CAST(-3.25 AS decimal(10,2)), 'B', DATE'2020-01-01', TIMESTAMP'2020-01-01 00:00:00', false, '7', 'yy'),
    (3, 3, 2.25D, CAST(0.00 AS decimal(10,2)), 'A', DATE'2020-06-15', TIMESTAMP'2020-06-15 23:59:59', true, '-3', 'A'),
    (4, NULL, 8.0D, CAST(10.00 AS decimal(10,2)), 'AB c', DATE'2025-12-31', TIMESTAMP'2025-12-31 12:00:00', NULL, NULL, 'A'),
    (5, 1, 0.0D, CAST(10.00 AS decimal(10,2)), '', NULL, TIMESTAMP'2021-05-05 05:05:05', true, '3.5', 'B'),
    (6, 2, 3.0D, NULL, ' ', DATE'2019-12-31', TIMESTAMP'2019-12-31 00:00:00', false, 'x', 'B'),
    (7, NULL, 4.0D, CAST(1.50 AS decimal(10,2)), NULL, DATE'2024-02-29', TIMESTAMP'2024-02-29 00:00:01', true, '9', 'A'),
    (8, 7, -1.0D, CAST(2.00 AS decimal(10,2)), 'A', DATE'2022-02-02', TIMESTAMP'2022-02-02 02:02:02', true, '0', 'zz')
    AS rows(c, i, x, m, t, d, ts, f, number, `a b`)
