# What the checks of lab 92 find.

lab92_no_sum = { $got } is no sum of one and two
