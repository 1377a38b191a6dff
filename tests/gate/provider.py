"""An identity provider that can misbehave, as a process of its own: ``python -W ignore provider.py PORT``.

``PUT /mood/<word>`` changes it until the next one: ``well``, ``down`` (no answers but 503), ``unreachable`` (its metadata
point to where nobody listens), ``nonce`` (identity tokens carry another nonce than was asked for).
"""

import sys
from urllib.parse import parse_qs, urlencode

import flask
import oidc_provider_mock
from werkzeug.serving import make_server

mood = ["well"]
inner = oidc_provider_mock.app()


def other_nonce(environ):
    """The request with another nonce than the app asked for."""
    query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    return environ | {"QUERY_STRING": urlencode(query | {"nonce": "another"})}


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/mood/"):
        mood[0] = path.removeprefix("/mood/")
        return flask.Response("", 204)(environ, start_response)
    if mood[0] == "down":
        return flask.Response("down", 503)(environ, start_response)
    if mood[0] == "unreachable" and path.endswith("openid-configuration"):
        gone = "http://localhost:9"
        told = {name: f"{gone}/{name}" for name in ("token_endpoint", "jwks_uri")}
        told["authorization_endpoint"] = f"http://{environ['HTTP_HOST']}/oauth2/authorize"
        return flask.Response(flask.json.dumps(told | {"issuer": gone}), mimetype="application/json")(environ, start_response)
    if mood[0] == "nonce" and path == "/oauth2/authorize":
        environ = other_nonce(environ)
    return inner(environ, start_response)


if __name__ == "__main__":
    make_server("localhost", int(sys.argv[1]), app, threaded=True).serve_forever()
