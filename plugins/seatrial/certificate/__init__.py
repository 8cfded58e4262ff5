"""The certificate: who was tested, how, with what result, signed; and how to check one without a network."""
