"""Two runs side by side: is the candidate no worse than the baseline, objective by objective?"""
