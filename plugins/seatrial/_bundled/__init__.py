"""Where the wheel puts suites, scenarios, fixtures and reports; in a checkout they lie at its top."""
