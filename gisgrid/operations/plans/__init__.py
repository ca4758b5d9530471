"""Plans in the making: drafts, edits, review, publishing, and what was published."""
