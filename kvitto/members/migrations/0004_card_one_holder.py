from django.db import migrations

# As before: two people never hold one number at one instant. The number goes in as a range of one bigint, which a GiST index takes
# in twice as fast as a numeric. The 1 in front keeps leading zeros apart; numbers of 19 digits lie below all others, shifted down
# by 2^63, since they would not fit with it.
AS_BIGINT = """CASE WHEN length(number) = 19 THEN (number::numeric - 9223372036854775808)::int8
    ELSE ('1' || number)::int8 + 1000000000000000000 END"""
BEFORE = "numrange(('1' || number)::numeric, ('1' || number)::numeric, '[]')"
AFTER = f"int8range({AS_BIGINT}, {AS_BIGINT}, '[]')"


def replaced(number):
    return f"""
        ALTER TABLE members_card DROP CONSTRAINT members_card_one_holder;
        ALTER TABLE members_card ADD CONSTRAINT members_card_one_holder EXCLUDE USING gist (
            {number} WITH &&, period WITH &&)
        """


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0003_register'),
    ]

    operations = [migrations.RunSQL(replaced(AFTER), replaced(BEFORE))]
