#!/usr/bin/env python3
"""Realistic synthetic loan applications, one JSON object a line; no real person.

    examples/loan/seed.py [COUNT] [--first N] [--seed N]      200 records by default, the same for the same numbers

The same fields as a bank's form: ids with check digits (ISO 7064 MOD 11-2, as Chinese identity numbers have), amounts that fit
incomes, dates that follow one another. Seed a form with them:

    examples/loan/seed.py 500 | curl -H 'Content-Type: application/x-ndjson' --data-binary @- $S/v1/forms/loan/records:import
"""

import argparse
import datetime
import json
import random
import sys
import uuid

WHO = [("明", "王"), ("秀英", "李"), ("伟", "张"), ("芳", "欧阳"), ("Zoë", "Müller"), ("José", "Lindqvist"), ("Anneliese", "Petrova"),
       ("Søren", "Jensen"), ("Amara", "Okafor"), ("Priya", "Sharma"), ("Jonathan", "Smith"), ("静", "陈"), ("强", "赵"), ("Lucía", "García")]
PLACES = [("Shenzhen", "Guangdong", "518000", "CN"), ("上海", "上海", "200000", "CN"), ("成都", "四川", "610000", "CN"),
          ("Bonn", "NRW", "53111", "DE"), ("Göteborg", "Västra Götaland", "411 03", "SE"), ("Lagos", "Lagos", "100001", "NG"),
          ("London", "England", "EC1A 1BB", "GB"), ("Singapore", "Singapore", "049315", "SG")]
STREETS = ["Avenida Libertador", "Hauptstraße", "人民路", "中山北路", "Kungsgatan", "High Street", "Marina Road"]
JOBS = [("Contoso Manufacturing GmbH", "Engineer"), ("北方钢铁有限公司", "销售经理"), ("Fabrikam Retail", "Store manager"),
        ("城市医院", "护士"), ("Northwind Logistics", "Driver"), ("自由职业", "设计师"), ("Adventure Schools", "Teacher")]
PURPOSES = {"home_purchase": (300_000, 3_000_000, "real_estate"), "home_renovation": (20_000, 200_000, "none"),
            "vehicle": (50_000, 400_000, "vehicle"), "education": (5_000, 120_000, "none"), "medical": (2_000, 80_000, "none"),
            "working_capital": (50_000, 900_000, "deposit"), "debt_consolidation": (10_000, 300_000, "none"), "other": (1_000, 60_000, "none")}


def money(value):
    return "%.2f" % value


def checked(rng):
    """17 digits and their ISO 7064 MOD 11-2 check character."""
    digits = "".join(str(rng.randrange(10)) for _ in range(17))
    rest = sum(int(d) * (2 ** (17 - i) % 11) for i, d in enumerate(digits)) % 11
    return digits + "10X98765432"[rest]


def phone(rng):
    return "+%d%09d" % (rng.choice([86, 49, 44, 65, 46, 234]), rng.randrange(10**9))


def guarantor(rng, amount):
    first, last = rng.choice(WHO)
    income = rng.uniform(3_000, 40_000)
    return {"fullName": "%s %s" % (first, last), "relationship": rng.choice(["spouse", "parent", "sibling", "friend", "employer", "other"]),
            "idNumber": checked(rng), "phone": phone(rng), "monthlyIncome": money(income), "guaranteeAmount": money(amount / 3),
            "consent": rng.random() < 0.95}


def record(rng, number):
    applied = datetime.date(2026, 1, 1) + datetime.timedelta(days=rng.randrange(320))
    born = applied - datetime.timedelta(days=rng.randrange(20 * 365, 65 * 365))
    hired = applied - datetime.timedelta(days=rng.randrange(60, min(30 * 365, (applied - born).days - 18 * 365)))
    purpose = rng.choice(list(PURPOSES))
    low, high, collateral = PURPOSES[purpose]
    amount = round(rng.uniform(low, high), -2)
    term = rng.choice([6, 12, 24, 36, 60] if amount < 100_000 else [36, 60, 120, 240, 360])
    income = max(2_500, amount / term * rng.uniform(1.2, 5))
    loans = rng.choice([0, 0, 0, 1, 1, 2, 3])
    (first, last), (city, region, postal, country), (employer, job) = rng.choice(WHO), rng.choice(PLACES), rng.choice(JOBS)
    return {
        "applicationNo": "LA-%d-%08d" % (applied.year, number), "applicationDate": applied.isoformat(),
        "channel": rng.choices(["branch", "web", "mobile", "partner", "call_center"], [4, 3, 5, 1, 1])[0],
        "branchCode": "%s%04d" % (rng.choice(["SZ", "SH", "CD", "BN", "LD"]), rng.randrange(1, 400)),
        "productCode": rng.choice(["HL10", "HL20"] if purpose == "home_purchase" else ["PL01", "PL02", "AL05", "SME3", "EDU1", "AGR7"]),
        "purpose": purpose, "amount": money(amount), "currency": {"CN": "CNY", "DE": "EUR", "GB": "GBP", "SG": "SGD"}.get(country, "USD"),
        "termMonths": term, "annualRatePct": round(rng.uniform(2.5, 14), 2), "rateType": rng.choice(["fixed", "floating"]),
        "repaymentMethod": rng.choice(["annuity", "annuity", "linear", "bullet", "interest_only"]),
        "firstPaymentDate": (applied + datetime.timedelta(days=rng.randrange(28, 60))).isoformat(), "collateralType": collateral,
        "collateralValue": "0.00" if collateral == "none" else money(amount * rng.uniform(1.1, 1.8)),
        "applicantId": str(uuid.UUID(int=rng.getrandbits(128), version=4)), "firstName": first, "lastName": last,
        "birthDate": born.isoformat(), "gender": rng.choices(["female", "male", "other", "undisclosed"], [48, 48, 2, 2])[0],
        "nationality": country, "idType": "national_id" if country == "CN" else rng.choice(["passport", "residence_permit"]),
        "idNumber": checked(rng), "idExpiryDate": (applied + datetime.timedelta(days=rng.randrange(90, 3650))).isoformat(),
        "email": "applicant%d@example.net" % number, "phone": phone(rng),
        "maritalStatus": rng.choice(["single", "married", "married", "divorced", "widowed"]), "dependents": rng.choice([0, 0, 1, 1, 2, 3]),
        "educationLevel": rng.choice(["secondary", "bachelor", "bachelor", "master", "doctorate"]),
        "address": {"line1": "%d %s" % (rng.randrange(1, 900), rng.choice(STREETS)), "line2": rng.choice(["", "", "Apartment %d" % rng.randrange(1, 60)]),
                    "city": city, "region": region, "postalCode": postal, "country": country,
                    "residenceSince": (applied - datetime.timedelta(days=rng.randrange(30, 7000))).isoformat(),
                    "ownership": rng.choice(["owner", "tenant", "family", "employer"])},
        "employmentStatus": rng.choices(["employed", "self_employed", "retired", "student"], [70, 22, 5, 3])[0], "employerName": employer,
        "jobTitle": job, "employmentStartDate": hired.isoformat(), "monthlyIncome": money(income), "otherIncome": money(income * rng.choice([0, 0, 0.1, 0.2])),
        "monthlyExpenses": money(income * rng.uniform(0.2, 0.7)), "existingLoanCount": loans, "existingDebt": money(loans * rng.uniform(3_000, 90_000)),
        "creditConsent": True, "politicallyExposed": rng.random() < 0.01, "guarantors": [guarantor(rng, amount) for _ in range(3)]}


def main():
    parser = argparse.ArgumentParser(description="Synthetic loan applications, one JSON object a line")
    parser.add_argument("count", type=int, nargs="?", default=200)
    parser.add_argument("--first", type=int, default=1001, help="number of the first application")
    parser.add_argument("--seed", type=int, default=42)
    given = parser.parse_args()
    for number in range(given.first, given.first + given.count):
        json.dump(record(random.Random("%d/%d" % (given.seed, number)), number), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
