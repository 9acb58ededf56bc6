"""Scores the texts of standard input, one JSON string a line, with VADER and tells the CPU seconds."""

import json
import sys
import time

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

texts = [json.loads(line) for line in sys.stdin]
analyzer = SentimentIntensityAnalyzer()
begun = time.process_time()
for text in texts:
    analyzer.polarity_scores(text)
print("VADER", time.process_time() - begun)
