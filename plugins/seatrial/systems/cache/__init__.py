"""A cache over HTTP: keeps what it is given for a while, and forgets it when it has to.

python -m seatrial.systems.cache --port 9003

GET  /entries/{key}      what is kept there, 404 where nothing is
PUT  /entries/{key}      keep the body, for as many seconds as Cache-Control says (max-age)
GET  /health, /counters  DELETE /counters begins anew
"""
