"""One pass over a month's receipts, and the booking of a batch of units, as SQL. What it computes is said in `rules`.

The one place beside `purchases` that reads the receipts' table: millions of Bonus bases are summed where they are.

A unit's key is twice its household's number, or twice its person's and one: one order for all.
"""

BATCH = 50_000  # units in one transaction

_CLEAR = "DROP TABLE IF EXISTS bonus_home, bonus_house, bonus_step, bonus_multiple, bonus_day, bonus_sum"
# By which plan somebody earns who is paid: that of the last home co-op they had in the month
_HOMES = """
CREATE TEMP TABLE bonus_home AS
SELECT DISTINCT ON (m.person_id) m.person_id, m.company_id, p.id AS plan_id, p.classes
FROM members_membership m
LEFT JOIN LATERAL (
    SELECT id, classes FROM bonus_plan
    WHERE company_id = m.company_id AND valid_from <= %(month)s ORDER BY valid_from DESC LIMIT 1
) p ON true
WHERE m.period && daterange(%(month)s, %(end)s)
ORDER BY m.person_id, lower(m.period) DESC
"""
# Whom a household's month is paid to, and so by which plan
_HOUSES = """
CREATE TEMP TABLE bonus_house AS
SELECT h.household_id, h.payee_id, b.plan_id FROM (
    SELECT DISTINCT ON (household_id) household_id, person_id AS payee_id FROM households_place
    WHERE period && daterange(%(month)s, %(end)s)
    ORDER BY household_id, role = 'main' DESC, upper(period) DESC NULLS FIRST, person_id
) h JOIN bonus_home b ON b.person_id = h.payee_id AND b.plan_id IS NOT NULL
"""
_STEPS = """
CREATE TEMP TABLE bonus_step AS
SELECT p.id AS plan_id, (step->>0)::bigint AS least, (step->>1)::bigint AS rate
FROM bonus_plan p, jsonb_array_elements(p.steps) step
"""
# The month's campaigns, store by store
_MULTIPLES = """
CREATE TEMP TABLE bonus_multiple AS
SELECT c.company_id, c.bonus_class, c.period, c.times, s.id AS store_id
FROM bonus_campaign c JOIN stores_store s ON c.chain_id IS NULL OR s.chain_id = c.chain_id
WHERE c.period && daterange(%(month)s, %(end)s)
"""
# Where and on which days one of them may count
_DAYS = """
CREATE TEMP TABLE bonus_day AS
SELECT DISTINCT store_id, bonus_class, generate_series(
    greatest(lower(period), %(month)s), least(upper(period), %(end)s) - 1, '1 day')::date AS day
FROM bonus_multiple
"""
# Purchases and weight of each person in each unit, and the payee even where they bought nothing. Receipts are added up before
# anything else is asked about them: there are ten times as many of them as people
_SUMS = """
CREATE TEMP TABLE bonus_sum AS
WITH bought AS (
    SELECT p.household_id, r.person_id, basis->>0 AS bonus_class, d.store_id, d.day, sum((basis->>1)::bigint) AS purchases,
        sum(CASE basis->>0 WHEN 'fuel' THEN (basis->>2)::bigint ELSE (basis->>1)::bigint * 100 END) AS weight
    FROM purchases_receipt r
    LEFT JOIN households_place p ON p.person_id = r.person_id AND p.period @> r.business_day
    CROSS JOIN LATERAL jsonb_array_elements(r.bonus_basis) basis
    LEFT JOIN bonus_day d ON d.store_id = r.store_id AND d.bonus_class = basis->>0 AND d.day = r.business_day
    WHERE r.business_day >= %(month)s AND r.business_day < %(end)s AND r.voided_at IS NULL AND r.currency = 'EUR'
    GROUP BY 1, 2, 3, 4, 5
), summed AS (
    SELECT g.household_id, g.person_id, b.plan_id, sum(g.purchases)::bigint AS purchases,
        sum(g.weight * coalesce(k.times, 1))::bigint AS weight
    FROM bought g
    LEFT JOIN bonus_house h USING (household_id)
    JOIN bonus_home b ON b.person_id = CASE WHEN g.household_id IS NULL THEN g.person_id ELSE h.payee_id END
        AND g.bonus_class = ANY(b.classes)
    LEFT JOIN bonus_multiple k ON k.store_id = g.store_id AND k.company_id = b.company_id
        AND k.bonus_class = g.bonus_class AND k.period @> g.day
    GROUP BY 1, 2, 3
), keyed AS (
    SELECT coalesce(household_id * 2, person_id * 2 + 1) AS key, household_id, person_id, plan_id, purchases, weight FROM summed
), payee AS (
    SELECT DISTINCT household_id * 2 AS key, h.household_id, h.payee_id, h.plan_id
    FROM bonus_house h WHERE h.household_id IN (SELECT household_id FROM summed)
)
SELECT k.key, k.household_id, k.person_id, k.plan_id, k.purchases, k.weight FROM keyed k WHERE k.key > %(after)s
UNION ALL
SELECT p.key, p.household_id, p.payee_id, p.plan_id, 0, 0 FROM payee p
WHERE p.key > %(after)s AND NOT EXISTS (SELECT FROM summed s WHERE s.household_id = p.household_id AND s.person_id = p.payee_id)
ORDER BY key
"""
# The planner takes each Bonus basis for a hundred, and would sort or look up every receipt; each table is read once instead,
# and what is added up stays in memory
READ_ONCE = """
SET LOCAL work_mem = '256MB'; SET LOCAL enable_mergejoin = off; SET LOCAL enable_sort = off; SET LOCAL enable_indexscan = off
"""
STAGES = (
    READ_ONCE,
    _CLEAR,
    _HOMES,
    "ANALYZE bonus_home",
    _HOUSES,
    "ANALYZE bonus_house",
    _STEPS,
    _MULTIPLES,
    "ANALYZE bonus_multiple",
    _DAYS,
    "ANALYZE bonus_day",
    _SUMS,
    "CREATE INDEX ON bonus_sum (key)",
    "ANALYZE bonus_sum",
)
UPTO = """
SELECT max(key), count(*) FROM (SELECT DISTINCT key FROM bonus_sum WHERE key > %(after)s ORDER BY key LIMIT %(batch)s) unit
"""
# `floor` and `rest` are of the part in millionths of a cent; SQL's own division goes towards zero
BOOK = """
WITH unit AS (
    SELECT s.*, (sum(s.purchases) OVER unit)::bigint AS together, (sum(s.weight) OVER unit)::bigint AS all_weight
    FROM bonus_sum s WHERE s.key > %(after)s AND s.key <= %(upto)s WINDOW unit AS (PARTITION BY s.key)
), earned AS (
    SELECT u.*, step.rate, greatest(0, CASE p.rounding
        WHEN 'down' THEN step.rate * u.all_weight ELSE step.rate * u.all_weight + 500000 END / 1000000) AS cents
    FROM unit u JOIN bonus_plan p ON p.id = u.plan_id
    CROSS JOIN LATERAL (
        SELECT coalesce(max(rate), 0) AS rate FROM bonus_step WHERE plan_id = u.plan_id AND least <= u.together
    ) step
), floored AS (
    SELECT e.*, div(e.weight * e.rate - rest, 1000000)::bigint AS floor, rest
    FROM earned e CROSS JOIN LATERAL (SELECT mod(mod(e.weight * e.rate, 1000000) + 1000000, 1000000) AS rest) r
), part AS MATERIALIZED (
    SELECT f.household_id, f.person_id, f.plan_id, f.purchases, f.together, f.rate, h.payee_id,
        CASE WHEN f.cents = 0 THEN 0 ELSE f.floor + (
            row_number() OVER (PARTITION BY f.key ORDER BY f.rest DESC, f.person_id)
            <= f.cents - sum(f.floor) OVER (PARTITION BY f.key))::int END AS cents
    FROM floored f LEFT JOIN bonus_house h USING (household_id)
)
INSERT INTO bonus_entry (kind, person_id, household_id, month, booked_in, cents, plan_id, purchases, together, rate, booked_at)
SELECT 'accrued', person_id, household_id, %(month)s, %(month)s, cents, plan_id, purchases,
    CASE WHEN person_id = coalesce(payee_id, person_id) THEN together END, rate, %(now)s
FROM part
UNION ALL
SELECT 'settled', person_id, household_id, %(month)s, %(month)s, -cents, NULL, NULL, NULL, NULL, %(now)s
FROM part WHERE person_id <> payee_id AND cents <> 0
UNION ALL
SELECT 'settled', payee_id, household_id, %(month)s, %(month)s, sum(cents), NULL, NULL, NULL, NULL, %(now)s
FROM part WHERE person_id <> payee_id GROUP BY payee_id, household_id HAVING sum(cents) <> 0
"""
