#!/usr/bin/env python3
"""Counts a week again from the topics, in another language and by nothing but the definitions in src/report/mod.rs.

    report_recount.py FOLDER FEEDBACK SINCE UNTIL      one JSON object on stdout

Used by tests/report.rs, which compares it with `groundswell report week`.
"""
import glob
import json
import math
import sys
from collections import defaultdict
from datetime import datetime, timezone

folder, feedback, since, until = sys.argv[1:5]


def micros(text):
    """RFC 3339 in UTC, up to nine digits of a second."""
    body = text.rstrip("Z")
    whole, _, fraction = body.partition(".")
    at = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return int(at.timestamp()) * 1_000_000 + int((fraction + "000000")[:6])


def percent(score):
    """In whole percents, halves away from zero."""
    return math.copysign(math.floor(abs(score) * 100 + 0.5), score)


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def ratio(flags):
    flags = list(flags)
    return {"part": sum(map(bool, flags)), "whole": len(flags)}


def spread(seconds):
    seconds = sorted(seconds)

    def rank(percent):
        return seconds[max(-(-len(seconds) * percent // 100) - 1, 0)] if seconds else 0

    return {"count": len(seconds), "median_seconds": rank(50), "p90_seconds": rank(90)}


FROM, TO = micros(since), micros(until)
records = [record for path in glob.glob(folder + "/social.routed.*.ndjson") for record in lines(path)]
mentions = lines(folder + "/social.mentions.ndjson")

items, moves, said = defaultdict(dict), defaultdict(dict), defaultdict(list)
for record in records:
    if record["type"] == "groundswell.item.v1":
        items[record["item_id"]][record["revision"]] = record
    elif record["type"] == "groundswell.followup.v1":
        moves[record["item_id"]][record["revision"]] = record
seen = set()
responses = []
for word in lines(feedback):
    if word["feedback_id"] not in seen:
        seen.add(word["feedback_id"])
        said[word["about"]].append(word)
        if word["kind"] == "response_published":
            responses.append(word)
for words in said.values():
    words.sort(key=lambda word: (micros(word["at"]), word["feedback_id"]))


def of(item, *kinds):
    return [word for word in said[item] if word["kind"] in kinds]


def cause(escalation):
    """Why a follow-up calls somebody."""
    if "severity" in escalation:
        return "raised"
    return "deputies" if "stands_in_for" in escalation else "unanswered"


def seconds(start, end):
    return (end - start) // 1_000_000


tags, by_intent, confusion = [], defaultdict(list), defaultdict(lambda: defaultdict(int))
right, in_time, by_owner, hour, calm = [], [], defaultdict(list), [], []
first_response, handling, reopened, alone = [], [], [], []
load, reviewers, ratings = {}, defaultdict(int), []
requested = approved = rejected = routed = 0
answers, word_in_time, word_by_deputy = [], [], []
called = {"unanswered": 0, "raised": 0, "deputies": 0}
for item, revisions in items.items():
    first = revisions[min(revisions)]
    posted = micros(first["mention"]["created_at"])
    if not FROM <= posted < TO:
        continue
    routed += 1
    route = first["route"]
    words = of(item, "intent")
    if words:
        agrees = words[-1]["value"] == route["intent"]
        tags.append(agrees)
        by_intent[route["intent"]].append(agrees)
        confusion[route["intent"]][words[-1]["value"]] += 1
    if of(item, "claimed", "ticket", "ack", "team", "response_published", "resolved"):
        right.append(all(word["value"] == route["team"] for word in of(item, "team")))
    why = {cause(record) for record in moves[item].values() if record["action"] == "escalate"}
    for one in why:
        called[one] += 1
    # what the ticketing system was told last
    told = sorted(
        [(revision, record["ticket"]["action"]) for revision, record in revisions.items()]
        + [(revision, record["ticket"]["action"]) for revision, record in moves[item].items() if record.get("ticket")]
    )
    ticket = told[-1][1] == "upsert"
    answer = of(item, "response_published", "resolved")
    answered = micros(answer[0]["at"]) if answer else None
    due = micros(route["respond_by"])
    if ticket:
        if answered is not None:
            first_response.append(seconds(posted, answered))
        if answered is not None or due < TO:
            good = answered is not None and answered <= due
            in_time.append(good)
            by_owner[route["intent"] + "/" + route["team"]].append(good)
            hour.append(answered is not None and answered - posted <= 3_600_000_000)
            calm.append("unanswered" not in why)
    resolved, claimed = of(item, "resolved"), of(item, "claimed")
    if resolved:
        reopened.append(any(micros(word["at"]) >= micros(resolved[0]["at"]) for word in of(item, "reopened")))
        alone.append(not claimed)
        if claimed and micros(claimed[0]["at"]) <= micros(resolved[-1]["at"]):
            handling.append(seconds(micros(claimed[0]["at"]), micros(resolved[-1]["at"])))
    queue = load.setdefault(
        route["team"] + "/" + route["tier"], {"items": 0, "tickets": 0, "claimed": 0, "severities": defaultdict(int)}
    )
    queue["items"] += 1
    queue["tickets"] += ticket
    queue["claimed"] += bool(claimed)
    queue["severities"][route["severity"]] += 1
    for word in claimed:
        reviewers[word["by"]] += 1
    ratings += [float(word["value"]) for word in of(item, "csat")]
    asked = None
    needed, waiting = first["decision"].get("approvals", []), []
    for word in said[item]:
        if word["kind"] == "approval_requested":
            requested += 1
            asked = micros(word["at"])
            named = [one for one in needed if one["who"] == word["value"]] or needed
            waiting = [(one, at) for one, at in waiting if one not in named] + [(one, asked) for one in named]
        elif word["kind"] in ("approved", "rejected"):
            approved += word["kind"] == "approved"
            rejected += word["kind"] == "rejected"
            if asked is not None:
                answers.append(seconds(asked, micros(word["at"])))
            asked = None
            by, value = word["by"], word["value"]
            tests = [
                lambda one: one["who"] == value,
                lambda one: one["who"] == by,
                lambda one: one.get("deputy") == by,
                lambda one: True,
            ]
            found = [pair for test in tests for pair in waiting if test(pair[0])]
            if found:
                one, at = found[0]
                waiting.remove(found[0])
                word_in_time.append(micros(word["at"]) - at <= micros(one["due"]) - posted)
                word_by_deputy.append(one.get("deputy") == by)

noise = {record["item_id"] for record in mentions if record["outcome"] == "noise"}
noise_at = {record["item_id"]: micros(record["mention"]["created_at"]) for record in mentions if record["item_id"] in noise}
dropped = sum(FROM <= at < TO for at in noise_at.values())


def thread(mention):
    return mention.get("thread_id") or mention["mention_id"]


heard = defaultdict(list)
for record in mentions:
    if record["outcome"] == "routed":
        mention = record["mention"]
        heard[thread(mention)].append((micros(mention["created_at"]), record["scores"]["sentiment"]["score"]))
moods = []
for word in responses:
    at = micros(word["at"])
    if not FROM <= at < TO or word["about"] not in items:
        continue
    revisions = items[word["about"]]
    about = thread(revisions[min(revisions)]["mention"])
    near = [(when - at, score) for when, score in heard[about] if abs(when - at) <= 1_800_000_000]
    sides = [[score for apart, score in near if apart < 0], [score for apart, score in near if apart >= 0]]
    # scores are kept as whole percents
    means = [sum(percent(score) for score in side) / 100 / len(side) if side else None for side in sides]
    moods.append(
        {
            "about": word["about"],
            "at": word["at"],
            "mentions_before": len(sides[0]),
            "mentions_after": len(sides[1]),
            "sentiment_before": means[0],
            "sentiment_after": means[1],
        }
    )
moods.sort(key=lambda mood: (micros(mood["at"]), mood["about"]))

hours = {}
for record in lines(folder + "/social.voice.ndjson"):
    key = record["topic"], record["brand"], record["hour"]
    if key not in hours or hours[key]["revision"] <= record["revision"]:
        hours[key] = record
spoken = defaultdict(lambda: defaultdict(list))
for (topic, brand, begin), record in hours.items():
    if FROM <= micros(begin) < TO:
        spoken[topic][brand].append(record)
voice = {}
for topic, brands in spoken.items():
    everything = sum(record["mentions"] for told in brands.values() for record in told)
    for brand, told in brands.items():
        sums = {key: sum(record[key] for record in told) for key in ("mentions", "positive", "neutral", "negative", "reach")}
        mood = sum(record["sentiment"] * record["mentions"] for record in told)
        sums["own"] = told[-1]["own"]
        sums["share"] = sums["mentions"] / everything if everything else None
        sums["sentiment"] = mood / sums["mentions"] if sums["mentions"] else None
        voice.setdefault(topic, {})[brand] = sums

json.dump(
    {
        "routed": routed,
        "noise_filtered": {"part": dropped, "whole": dropped + routed},
        "tags_agreed": ratio(tags),
        "tags_agreed_by_intent": {intent: ratio(flags) for intent, flags in by_intent.items()},
        "confusion": confusion,
        "routed_right": ratio(right),
        "in_time": ratio(in_time),
        "in_time_by_owner": {owner: ratio(flags) for owner, flags in by_owner.items()},
        "within_hour": ratio(hour),
        "without_escalation": ratio(calm),
        "called": called,
        "first_response": spread(first_response),
        "handling": spread(handling),
        "reopened": ratio(reopened),
        "closed_by_itself": ratio(alone),
        "load": load,
        "reviewers": reviewers,
        "satisfaction": {
            "ratings": len(ratings),
            "mean": sum(ratings) / len(ratings) if ratings else None,
            "satisfied": ratio(rating >= 4 for rating in ratings),
        },
        "approvals": {
            "requested": requested,
            "approved": approved,
            "rejected": rejected,
            "answered": spread(answers),
            "in_time": ratio(word_in_time),
            "by_deputy": ratio(word_by_deputy),
        },
        "responses": moods,
        "voice": voice,
    },
    sys.stdout,
)
