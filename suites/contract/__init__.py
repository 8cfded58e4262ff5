"""Does the target honour its protocol, and does it tell the truth when it does not?"""
