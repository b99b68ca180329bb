"""The tables of people and care: managers, contacts, touches, service, judgement (methodology's input tables; A2-A6, F44, F54)."""

from __future__ import annotations

from kamlib.data.schema.columns import Column, Table
from kamlib.data.schema.common import FIVE, LEVELS, OWNER, VALID_FROM

EVENTS = (
    *("contact_left", "contact_joined", "manager_changed", "handover_done", "change_request", "change_confirmed", "competitor_quote"),
    *("retender", "tender_published", "bid_submitted", "tender_won", "tender_lost", "renewal_started", "contract_renewed"),
    *("complaint_line_told", "round_table", "social"),
)

SURVEYS = Table(
    "surveys",
    nature="state-like",
    date="date",
    owner="account_id",
    note="One row per answer.",
    columns=(
        OWNER,
        Column("contact_id", "id", note="who answered; blank: each row is a respondent"),
        Column("date", "date", required=True, note="day of the answer"),
        Column(
            "question",
            "choice",
            choices=("satisfaction", "recommend"),
            note="blank: satisfaction",
            unlocks="nps_score (recommend, scale 0-10)",
        ),
        Column("score", "number", "points", required=True, note="the answer", unlocks="satisfaction_score"),
        Column("scale_min", "number", "points", required=True, note="lowest possible answer"),
        Column("scale_max", "number", "points", required=True, note="highest possible answer"),
    ),
)
CONTACTS = Table(
    "contacts",
    nature="state-like",
    date="since",
    owner="account_id",
    note="One row per person at the customer.",
    columns=(
        Column("contact_id", "id", key=True, required=True, note="the person's id"),
        VALID_FROM,
        OWNER,
        Column("name", "text", required=True, note="the person's name"),
        Column(
            *("role", "choice"),
            required=True,
            choices=("procurement", "user", "technical", "finance", "executive"),
            note="part in the decision",
            unlocks="decision chain, single_threaded_flag",
        ),
        Column("influence", note="weight in the decision", unlocks="influence_coverage_share, support_ratio", **FIVE),
        Column("attitude", "integer", "-2 to 2", low=-2, high=2, undated=True, note="towards us", unlocks="support_ratio"),
        Column(
            "style",
            "choice",
            choices=("leader", "influencer", "checker", "follower"),
            undated=True,
            note="a note on how to talk; never scored",
        ),
        Column("backup_id", "id", undated=True, note="the contact who stands in", unlocks="the signal 'no backup'"),
        Column("since", "date", note="first day in the role", unlocks="how long we know them"),
        Column("left_on", "date", later=True, note="last day in the role", unlocks="contacts present"),
    ),
)
INTERACTIONS = Table(
    "interactions",
    nature="event-like",
    date="date",
    owner="account_id",
    note="One row per touch.",
    columns=(
        OWNER,
        Column("date", "date", required=True, note="day of the touch", unlocks="the signal 'contact gap'"),
        Column(
            *("kind", "choice"),
            required=True,
            choices=("visit", "call", "review", "executive_meeting", "training", "value_report", "kickoff", "event"),
            note="what it was",
            unlocks="cadence_compliance_rate, executive_line_flag",
        ),
        Column("contact_id", "id", note="whom we met", unlocks="contacts met, influence_coverage_share"),
        Column("our_level", "choice", choices=LEVELS, note="level of our person", unlocks="executive lines"),
        Column("our_person_id", "id", note="who of us it was", unlocks="single interface"),
        Column(
            "minutes",
            "number",
            "minutes",
            low=0,
            high=100000,
            note="how long it took",
            unlocks="hours per account, effort on the right people",
        ),
    ),
)
TICKETS = Table(
    "tickets",
    nature="event-like",
    date="opened_at",
    owner="account_id",
    note="One row per complaint, fault or question.",
    columns=(
        Column("ticket_id", "id", key=True, required=True, note="the ticket's number"),
        OWNER,
        Column("opened_at", "timestamp", required=True, note="when it came in"),
        Column(
            "first_response_at", "timestamp", later=True, note="when it was first answered", unlocks="answered_24h_rate, green_channel_rate"
        ),
        Column("resolved_at", "timestamp", later=True, note="when it was solved", unlocks="solved_48h_rate"),
        Column("kind", "choice", required=True, choices=("complaint", "fault", "question"), note="what it was"),
        Column("severity", "integer", "1-4", required=True, low=1, high=4, note="4 is the gravest", unlocks="weight of service signals"),
        Column("department", "text", note="who of us had to solve it", unlocks="back-office card"),
        Column("first_contact_id", "id", note="who of us took it", unlocks="first-contact ownership"),
        Column("resolved_by_id", "id", later=True, known_with="resolved_at", note="who of us solved it", unlocks="first-contact ownership"),
        Column(
            *("handoffs", "integer", "count"),
            low=0,
            high=1000,
            later=True,
            known_with="resolved_at",
            note="how often it was passed on",
            unlocks="first-contact ownership",
        ),
        Column("caused_by", "text", later=True, known_with="resolved_at", note="the cause found", unlocks="responsibility matrix"),
    ),
)
USAGE = Table(
    "usage",
    nature="state-like",
    date="month",
    owner="account_id",
    note="One row per account and month.",
    columns=(
        Column("account_id", "id", key=True, required=True, note="whose use it is"),
        Column("month", "text", key=True, required=True, form="month", note="the month of use"),
        Column("amount", "number", "units of use", required=True, note="how much was used", unlocks="the signal 'usage drop'"),
    ),
)
EVENTS = Table(
    "events",
    nature="event-like",
    date="date",
    owner="account_id",
    note="One row per event at the customer.",
    columns=(
        OWNER,
        Column("date", "date", required=True, note="day of the event"),
        Column(
            "kind", "choice", required=True, choices=EVENTS, note="what happened", unlocks="signals of contact, competitor, change, renewal"
        ),
        Column("ref", "id", note="pairs an opening with its closing event", unlocks="handover and change pairs"),
        Column("contact_id", "id", note="the person concerned", unlocks="handover pairs"),
        Column("detail", "text", note="free text"),
    ),
)
ASSESSMENTS = Table(
    "assessments",
    nature="state-like",
    date="assessed_on",
    owner="account_id",
    note="One row per rating of one item; `company` as the account rates ourselves.",
    columns=(
        OWNER,
        Column("item", "text", required=True, note="a rubric item's id"),
        Column("level", "integer", "level", required=True, low=0, high=10, note="the rating", unlocks="relationship_score, readiness"),
        Column("source", "text", note="where it is known from", unlocks="confidence_share"),
        Column("source_2", "text", note="a second, independent source", unlocks="confidence_share"),
        Column("assessed_on", "date", required=True, note="day of the rating"),
        Column(
            "assessor",
            "text",
            note="who rated; `agreed`: what a room agreed on, which replaces earlier ratings",
            unlocks="spread over assessors",
        ),
    ),
)
OUTCOMES = Table(
    "outcomes",
    nature="state-like",
    date="period",
    owner="account_id",
    note="One row per result that the customer measures.",
    columns=(
        Column("account_id", "id", key=True, required=True, note="whose result it is"),
        Column("period", "text", key=True, required=True, form="period", note="the period measured"),
        Column("measure", "text", key=True, required=True, note="what is measured", unlocks="value report"),
        Column("baseline", "number", "as `unit`", required=True, note="before us"),
        Column("actual", "number", "as `unit`", note="in the period", unlocks="value report"),
        Column("unit", "text", required=True, note="unit of the measure"),
        Column("better", "choice", required=True, choices=("lower", "higher"), note="the good direction"),
        Column(
            "agreed_contribution", "number", "fraction", low=0, high=1, note="our share, agreed with the customer", unlocks="value report"
        ),
        Column("agreed_on", "date", note="day of the agreement"),
    ),
)
MANAGERS = Table(
    "managers",
    nature="state-like",
    note="One row per key account manager.",
    columns=(
        Column("manager_id", "id", key=True, required=True, note="the manager's id"),
        Column("name", "text", required=True, note="the manager's name"),
        Column("level", "text", undated=True, note="grade or job title", unlocks="role profile"),
        Column("base_salary", "number", "money", undated=True, note="fixed pay a year", unlocks="pay plans"),
        Column("commission_rate", "number", "fraction", low=0, high=1, undated=True, note="rate in today's plan", unlocks="pay plans"),
        Column("bonus_amount", "number", "money", undated=True, note="bonus in today's plan", unlocks="pay plans"),
        Column("hire_date", "date", note="first day with us", unlocks="pay for part of a period"),
        Column("capacity_hours", "number", "hours a year", low=0, high=8784, undated=True, note="hours for accounts", unlocks="workload"),
        Column("skills", "text", undated=True, note="skills, parted by semicolons", unlocks="assignment of accounts"),
    ),
)
PROMISES = Table(
    "promises",
    nature="event-like",
    owner="account_id",
    note="One row per promise of one of our departments to another.",
    columns=(
        Column("promise_id", "id", key=True, required=True, note="the promise's number"),
        Column("from_department", "text", required=True, note="who promised"),
        Column("to_department", "text", required=True, note="to whom"),
        Column("account_id", "id", note="the account it was for"),
        Column("due", "date", required=True, note="day it was due", unlocks="promises kept"),
        Column("kept_on", "date", later=True, note="day it was kept", unlocks="promises kept"),
    ),
)
