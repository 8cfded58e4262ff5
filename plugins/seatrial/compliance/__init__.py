"""Checklists: their controls, what proves each, who attests the others, and what is waived for a while."""
