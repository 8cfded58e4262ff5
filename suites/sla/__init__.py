"""Every objective of the policy, judged on its traffic."""
