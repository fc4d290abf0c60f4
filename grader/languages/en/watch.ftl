# What make labN-watch says (grader/student/watch).

watch_loading = loading libraries, once …
watch_checking = checking …
watch_checking_long = checking … { $seconds } s
watch_checked = checked { $time }
watch_open = ○ { $number } { $task } is still to be written.
watch_passed = ✓ { $number } { $task } passes all checks here: { $earned } of its { $whole } points. Hidden cases decide the rest.
watch_passed_quick = ✓ { $number } { $task } passes its quick checks.
watch_learnt = You have written: { $about }
watch_next = Press n for { $number } { $task } in { $place }
watch_all_pass = All tasks pass their quick checks here. Next:
watch_no_next = No other task is open. Press a to run the slower checks of all.
watch_nothing = { $number } { $task } has no checks here: hidden cases grade it.
watch_only_slower = { $number } { $task } has slower checks only; they run now.
watch_died = Your code ended the process that runs it{ $signal ->
    [none] { "" }
    [SIGKILL] , or the system did (SIGKILL), for want of memory for one
    [SIGXCPU] : it computed longer than it may (SIGXCPU). Is there a loop that never ends?
    [SIGSEGV] : a library crashed (SIGSEGV)
   *[other] { " " }({ $signal })
}. Save again to check again.
watch_printed = Printed outside of the checks:
watch_more = … (a larger window shows more)
watch_slow = This folder answers slowly: saved files are seen after about { $seconds } s. Enter checks at once.
watch_reset = Put { $functions } in { $file } back to the skeleton? What is there is kept in .backup/.
watch_bar = { $done } of { $count } tasks pass, { $earned } points here
watch_keys_task = h hint   n next   a all   l list   r reset   q quit   Enter checks again
watch_keys_list = up, down   Enter goes there   l back
watch_keys_reset = y put back   any other key leaves it
watch_ended = watch cannot go on: its process with the libraries ended ({ $reason }). make doctor says what is wrong here
watch_needs_fork = watch works on Linux, macOS and in WSL, not on Windows itself: grader check { $lab } checks there
