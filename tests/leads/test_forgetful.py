"""What is worked out from phone numbers is remembered without them."""

from leads.forgetful import remembered
from leads.regions import may_be_american, phone_country
from leads.zones import phone_zone_names


def test_the_same_number_is_worked_out_once() -> None:
    asked: list[str] = []

    @remembered
    def last_digit(number: str) -> str:
        asked.append(number)
        return number[-1]

    assert [last_digit("+12125550177") for _ in range(3)] == ["7"] * 3
    assert last_digit("+12125550178") == "8"
    assert asked == ["+12125550177", "+12125550178"]


def test_no_cache_keeps_the_number_itself() -> None:
    for ask in (phone_zone_names, phone_country, may_be_american):
        assert ask("+12125550177")
        kept = vars(ask)["cache"]
        assert len(kept) > 0
        assert {type(key) for key in kept} == {int}
        assert "5550177" not in repr(kept)
