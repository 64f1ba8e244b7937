SELECT * FROM VALUES (1, 1), (2, 2), (3, 4), (9, 9) AS reference(c, i)
