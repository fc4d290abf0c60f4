# What checks find by themselves, in English (grader/checks, and the messages of labs in it).

cannot_judge = { $why }

## checks/probes.py

not_a_tensor = it returned a { $type } where a tensor is expected: only a tensor carries a gradient
inference_mode = it returned a tensor made in inference mode, with which no loss can be computed: use no_grad
keys_wanted = a dictionary with the keys { $keys } is expected
tensor_wanted = { $name }: a tensor is expected, not a { $type }
dtype_wanted = { $name } have the dtype { $got }; expected: { $dtypes }
shape_wanted = { $name } have the shape { $got }; expected: { $expected }

## checks/devices.py

other_device = on a GPU { $function } fails: { $message }. Make new tensors on the device of the inputs (device=x.device)
device_unchecked = not checked: on a GPU that is only pretended { $function } raised { $message }. A real one would tell; until then this earns nothing
result_on_cpu = on a GPU { $function } fails: its result is on the CPU although the inputs are on a CUDA device. Make new tensors on the device of the inputs (device=x.device)

## checks/growth.py

grows_faster = with { $times } times as many items it takes more than { $allowed } times as long: the time grows faster than their number

## checks/draws.py

pair_wanted = two tensors are expected: the actions and their log-probabilities
no_gradient_to = the log-probabilities carry no gradient to the { $argument }: without it the policy cannot learn
actions_outside = actions lie between { $low } and { $high }, with { $count } to choose from
frequency_differs = action { $action } has probability { $probability } and came up in { $frequency } of { $count } draws (chance alone stays within { $allowed })
draws_alike = two draws after each other are alike in { $got } of { $count } pairs; { $expected } is expected (chance alone stays within { $allowed })
log_probability_varies = the log-probability returned with action { $action } lies between { $low } and { $high }, although all rows are alike: it has to be the one of the action that was drawn
gradient_of_another = the gradient of the log-probability is not the one of the action that was drawn
normal_differs = { $where } of { $count } draws, less the means and in standard deviations: { $what } is { $got }; { $expected } is expected (chance alone stays within { $allowed })
normal_correlated = { $one } and { $other } of the draws go together: the mean of their product is { $got }, in standard deviations (chance alone stays within { $allowed })
seeded_anew = the next call with the same generator gave the same draws: draw from it, do not seed it anew
other_generator = the same generator, seeded alike, gave other draws: draw from the generator you are given
the_actions = the actions
the_log_probabilities = the log-probabilities
the_gradients = the gradients
column_of_draws = dimension { $dimension } of row { $row }
the_mean = the mean
the_mean_square = the mean square
the_share_within_one = the share within one
the_share_beyond_two = the share beyond two
the_product_with_the_next = the mean product with the next draw
