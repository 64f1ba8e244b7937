"""Control totals: what senders state about a load, compared with what each stage of the load holds."""
