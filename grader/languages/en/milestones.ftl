# What came of judging what training saved (grader/grading/milestones.py).

not_played = not played in this run
not_handed_in = { $file } was not handed in
artefacts_too_large = { $files }: { $bytes } bytes in all; { $allowed } are allowed
artefacts_unusable = { $files } cannot be used: { $message }
no_figure = { $files } cannot be used: what comes out is not a finite number
waits_for_tasks = { $finding }; a person decides what this counts, since published checks do not pass in { $tasks }
reached = reached { $reached }; target { $target }, half at { $half }
judging_out_of_time = judging { $files } was stopped after { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}
judging_out_of_memory = judging { $files } took more than { $megabytes } MB of memory
judging_died = the process that judged { $files } died: { $why }
judging_raised = { $files } could not be judged: { $why }
