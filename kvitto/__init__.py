"""The purchase-data register of a customer-owned retailer."""
