"""The crawler: turns a source into articles. Scrapy lives in this room and nowhere else.

Importing this room must stay cheap: Scrapy is imported only by the modules that run it.
"""
