"""What the gateway keeps for its callers: conversations and accepted work, so that a crash loses nothing.

wal         records on disk before anybody is told that they are kept
store       what the records come to
asked       requests of the Responses and Conversations API, checked
answering   from a stored request to a stored answer
work        accepted work, done once
"""
