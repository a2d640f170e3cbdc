"""Which precision for which phone: every precision exported, compared and counted."""
