"""An email greets people by their first name, or by none."""

from __future__ import annotations

import pytest

from vasite.mail.names import first_name_of


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Jane Doe", "Jane"),
        ("Jane", "Jane"),
        ("DOE, JANE", "Jane"),
        ("Doe, Jane Mary", "Jane"),
        ("DOE,,", "Doe"),
        ("jane doe", "Jane"),
        ("ANNE-MARIE SMITH", "Anne-Marie"),
        ("McKenzie Brown", "McKenzie"),
        ("Dr. Jane Doe", "Jane"),
        ("Dr. Jane", ""),
        ("Mrs Smith", ""),
        ("Prof. Dr. Anna Köhler", "Anna"),
        ("Dr.", ""),
        ("von Neumann", ""),
        ("J. Doe", ""),
        ("Łukasz Żak", "Łukasz"),
        ("李 小龙", ""),
        ("Zoë", "Zoë"),
        ("O'Brien", "O'Brien"),
        ("\u202eevil", "Evil"),
        ("Jane\u200b Doe", "Jane"),
        ("<img src=x>", ""),
        ("{{ first name }}", ""),
        ("https://evil.example", ""),
        ("evil.example", ""),
        ("jane@example.com", ""),
        ("12345", ""),
        ("Ada <Lovelace>", "Ada"),
        ("Jane Doe, MBA", "Jane"),
        ("Jane Doe, Esq.", "Jane"),
        ("Jane, Ph.D.", "Jane"),
        ("Jane Doe, BA, MSc", "Jane"),
        ("Doe Jr., Jane", "Jane"),
        ("Mr and Mrs Smith", ""),
        ("Mr & Mrs John Smith", "John"),
        ("The Smiths", ""),
        ("dos Santos", ""),
        ("Ma, Yo-Yo", "Yo-Yo"),
        *(("T.J. Hooker", ""), ("AJ Smith", ""), ("JR Smith", ""), ("AJ", ""), ("IBM", "")),
        *(("DOE Jane", "Jane"), ("Jane DOE", "Jane"), ("JANE", "Jane"), ("SMITH AJ", "Smith")),
        *(("Info", ""), ("Sales Team", ""), ("none", ""), ("null", ""), ("Unknown", "")),
        *(("First Name", ""), ("Fam. Müller", ""), ("Señora López", ""), ("Dear Jane", "")),
        *(("Familie Müller", ""), ("Señor Juan López", "Juan"), ("MAX von Sydow", "")),
        *(("JANE <jane@example.com>", ""), ("ANN LEE", "Ann")),
        ("", ""),
        (" , ", ""),
    ],
)
def test_it_is_a_name_that_somebody_answers_to(name: str, greeted: str) -> None:
    assert first_name_of(name) == greeted
