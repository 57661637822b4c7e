"""Cost: token counts, prices, budgets and forecasts."""
